package api

import (
	"context"
	"fmt"
	"time"

	"calipso.io/calipso/api/ui"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// fleet reads what the monitor shows at a glance.
func (s *server) fleet(ctx context.Context) (*ui.Fleet, error) {
	f := &ui.Fleet{Limited: !s.rights.ViewAll}
	open, err := s.openScans(ctx)
	if err != nil {
		return nil, err
	}
	f.Open = open
	f.Sort()
	if f.Environments, err = s.fleetRows(ctx, f.Open); err != nil {
		return nil, err
	}
	if !f.Limited { // how much there is to do tells of others
		if f.Queues, f.Workers, err = s.Queue.State(); err != nil {
			return nil, err
		}
	}
	latest := store.Query{Sort: []store.Order{{By: store.Timestamp, Desc: true}}, Limit: 30}
	if f.Messages, err = s.DB.Messages.Find(ctx, latest); err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	f.Levels, err = s.DB.Messages.CountBy(ctx, store.Level, store.Greater(store.Timestamp, store.Time(s.Now().Add(-24*time.Hour))))
	return f, err
}

// openScans returns the scans that wait or run, those that run with how far they are.
func (s *server) openScans(ctx context.Context) ([]ui.Open, error) {
	scans, err := s.DB.Scans.Find(ctx, store.Where(store.Is(store.Status, model.ScanPending, model.ScanRunning)))
	if err != nil {
		return nil, fmt.Errorf("read the scans: %w", err)
	}
	open := make([]ui.Open, len(scans))
	for i, scan := range scans {
		open[i].Scan = scan
		if scan.Status == model.ScanRunning {
			if open[i].Progress, err = s.progress(ctx, &scan); err != nil {
				return nil, fmt.Errorf("read the ledger of scan %s: %w", scan.ID, err)
			}
		}
	}
	return open, nil
}

// progress counts a scan's steps. Unlike reading them that costs the same for a large cloud as for a small one.
func (s *server) progress(ctx context.Context, scan *model.Scan) ([]model.PhaseProgress, error) {
	its := store.Is(store.ScanID, scan.ID)
	total, err := s.DB.Steps.CountBy(ctx, store.Phase, its)
	if err != nil {
		return nil, err
	}
	done, err := s.DB.Steps.CountBy(ctx, store.Phase, its, store.Is(store.Status, model.StepDone))
	if err != nil {
		return nil, err
	}
	failed, err := s.DB.Steps.CountBy(ctx, store.Phase, its, store.Is(store.Status, model.StepFailed))
	var phases []model.PhaseProgress
	for _, phase := range scan.Phases() {
		phases = append(phases, model.PhaseProgress{Phase: phase, Total: total[phase], Done: done[phase], Failed: failed[phase]})
	}
	return phases, err
}

// fleetRows makes a row of each environment.
func (s *server) fleetRows(ctx context.Context, open []ui.Open) ([]ui.Environment, error) {
	environments, err := s.DB.Environments.Find(ctx, store.Query{})
	if err != nil {
		return nil, fmt.Errorf("read the environments: %w", err)
	}
	next, err := s.nextScans(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]ui.Environment, len(environments))
	for i, e := range environments {
		rows[i] = ui.Environment{Key: ui.EnvironmentKey(e.Name), Name: e.Name, Operational: e.Operational, Reason: e.OperationalReason, Next: next[e.Name]}
		for j := range open {
			switch {
			case open[j].Environment != e.Name:
			case open[j].Status == model.ScanRunning:
				rows[i].Running = &open[j]
			default:
				rows[i].Waiting++
			}
		}
		if err := s.lastScan(ctx, &rows[i]); err != nil {
			return nil, fmt.Errorf("read the scans of %s: %w", e.Name, err)
		}
	}
	return rows, nil
}

// lastScan notes the last scan of an environment's own inventory that has ended, and the last one that counted it.
func (s *server) lastScan(ctx context.Context, row *ui.Environment) error {
	const enough = 5
	scans, err := s.DB.Scans.Find(ctx, store.Query{Limit: enough, Sort: []store.Order{{By: store.Submitted, Desc: true}},
		Where: []store.Cond{store.Is(store.Environment, row.Name), store.Is(store.Status, model.ScanCompleted,
			model.ScanCompletedWithErrors, model.ScanFailed, model.ScanAborted)}})
	for i := range scans {
		if scans[i].Inventory != store.DefaultInventory || scans[i].OriginType == model.OriginImport && scans[i].Status == model.ScanFailed {
			continue
		}
		if row.Last == nil {
			row.Last = &scans[i]
		}
		if row.Summary == nil {
			row.Summary = scans[i].Summary
		}
	}
	return err
}

// nextScans returns when the next scheduled scan of each environment is due.
func (s *server) nextScans(ctx context.Context) (map[string]*time.Time, error) {
	next := map[string]*time.Time{}
	err := s.DB.Schedules.Each(ctx, store.Query{}, func(sched model.ScheduledScan) error {
		if now := next[sched.Environment]; now == nil || sched.ScheduledTimestamp.Before(*now) {
			next[sched.Environment] = &sched.ScheduledTimestamp
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	return next, nil
}
