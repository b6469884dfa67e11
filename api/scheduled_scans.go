package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/schedule"
	"calipso.io/calipso/pkg/store"
)

func scheduleRoutes() []route {
	return []route{
		{"GET", "/scheduled_scans", login, scheduleParams(), (*server).listSchedules,
			doc{about: "List schedules of scans, those that are due first come first; with an id, the whole schedule.", answer: either{wire.ScheduleList{}, wire.WholeSchedule{}}}},
		{"POST", "/scheduled_scans", login, nil, (*server).createSchedule,
			doc{about: "Have an environment scanned time and again.", body: scheduleExample(), answer: wire.Scheduled{}, status: http.StatusCreated}},
		{"DELETE", "/scheduled_scans", login, params(text("env_name").must(), documentID("ids").many(), flag("all")), (*server).deleteSchedules,
			doc{about: "Delete some schedules of an environment, or all.", answer: wire.Count{}}},
		{"GET", "/scheduled_scans/:id", login, nil, (*server).getSchedule,
			doc{about: "A schedule, and its next runs.", answer: wire.WholeSchedule{}}},
		{"PUT", "/scheduled_scans/:id", login, nil, (*server).replaceSchedule,
			doc{about: "Replace what a schedule says.", body: scheduleExample(), answer: wire.Scheduled{}}},
		{"DELETE", "/scheduled_scans/:id", login, nil, (*server).deleteSchedule,
			doc{about: "Delete a schedule. Scans that it has asked for go on.", answer: wire.Done{}}},
	}
}

func scheduleParams() []param {
	return paged(text("environment"), text("env_name"), documentID("id"), oneOf("freq", model.Frequencies()...).many())
}

// listSchedules answers GET /scheduled_scans: those that are due first come first; with an id, the whole schedule.
func (s *server) listSchedules(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	if q.has("id") {
		return s.writeSchedule(c, q.text("id"))
	}
	conds := q.where(store.Freq, store.Environment)
	if q.has("env_name") { // another name of the same
		conds = append(conds, store.Is(store.Environment, q.text("env_name")))
	}
	for _, cond := range conds {
		if cond.Field == store.Environment {
			if err := s.checkEnvironment(ctx, cond.Values[0]); err != nil {
				return err
			}
		}
	}
	page := q.page(conds...)
	page.Sort = []store.Order{{By: store.Scheduled}}
	schedules, err := s.DB.Schedules.Find(ctx, page)
	if err != nil {
		return err
	}
	entries := make([]wire.ScheduleEntry, 0, len(schedules))
	for _, one := range schedules {
		entries = append(entries, wire.ScheduleEntry{ID: one.ID, Environment: one.Environment, Freq: one.Freq, Cron: one.Cron, TimeZone: one.TimeZone,
			ScheduledTimestamp: one.ScheduledTimestamp, LastRun: one.LastRun, LastScan: one.LastScan, LastError: one.LastError})
	}
	c.JSON(http.StatusOK, wire.ScheduleList{Schedules: entries, Page: next(q, page, schedules, func(s *model.ScheduledScan) store.Place {
		return store.Place{Key: store.Time(s.ScheduledTimestamp), ID: s.ID}
	})})
	return nil
}

// getSchedule answers GET /scheduled_scans/{id}: the whole schedule with its next runs.
func (s *server) getSchedule(c *gin.Context, _ query) error { return s.writeSchedule(c, c.Param("id")) }

func (s *server) writeSchedule(c *gin.Context, id string) error {
	sched, err := s.DB.Schedules.Get(c.Request.Context(), id)
	if err != nil {
		return err
	}
	rule, err := schedule.Parse(&sched)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.WholeSchedule{ScheduledScan: sched, Key: sched.ID, NextRuns: s.nextRuns(sched, rule)})
	return nil
}

// nextRuns lists the next three runs. One that is overdue makes up for all that were missed.
func (s *server) nextRuns(sched model.ScheduledScan, rule schedule.Rule) []time.Time {
	runs := []time.Time{sched.ScheduledTimestamp}
	for len(runs) < 3 {
		last := runs[len(runs)-1]
		if now := s.Now(); now.After(last) {
			last = now
		}
		runs = append(runs, rule.Next(last))
	}
	return runs
}
