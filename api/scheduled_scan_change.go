package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/schedule"
	"calipso.io/calipso/pkg/store"
)

// createSchedule answers POST /scheduled_scans: scans are asked for from now on, time and again.
func (s *server) createSchedule(c *gin.Context, _ query) error {
	sched, err := s.readSchedule(c)
	if err != nil {
		return err
	}
	sched.ID = store.NewID()
	if err := s.DB.Schedules.Create(c.Request.Context(), sched); err != nil {
		return err
	}
	c.JSON(http.StatusCreated, scheduleAnswer(sched, "accepted a schedule of scans of environment "+sched.Environment))
	return nil
}

// replaceSchedule answers PUT /scheduled_scans/{id}: what it did stays known, all else is as in the body.
func (s *server) replaceSchedule(c *gin.Context, _ query) error {
	sched, err := s.readSchedule(c)
	if err != nil {
		return err
	}
	sched, err = s.DB.Schedules.Update(c.Request.Context(), c.Param("id"), func(stored *model.ScheduledScan) error {
		replaced := sched
		replaced.ID, replaced.LastRun, replaced.LastScan = stored.ID, stored.LastRun, stored.LastScan
		*stored = replaced
		return nil
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, scheduleAnswer(sched, "changed a schedule of scans of environment "+sched.Environment))
	return nil
}

func scheduleAnswer(sched model.ScheduledScan, message string) wire.Scheduled {
	return wire.Scheduled{ID: sched.ID, Message: message, ScheduledTimestamp: sched.ScheduledTimestamp}
}

// readSchedule checks the body and makes the schedule of it, without an id.
func (s *server) readSchedule(c *gin.Context) (sched model.ScheduledScan, err error) {
	body, err := decodeBody[wire.ScheduleRequest](c)
	if err != nil {
		return sched, err
	}
	scan, err := wishedScan(&body.ScanRequest)
	if err != nil {
		return sched, err
	}
	now := s.Now().UTC()
	start, err := scheduleStart(&body, now)
	if err != nil {
		return sched, err
	}
	sched = model.ScheduledScan{Freq: body.Freq, Cron: body.Cron, TimeZone: body.TimeZone, SubmitTimestamp: start, ChangedTimestamp: now}
	rule, err := schedule.Parse(&sched)
	if err != nil {
		return sched, err
	}
	if err := s.checkScannable(c.Request.Context(), scan); err != nil {
		return sched, err
	}
	if scan, err = s.DB.CheckScan(c.Request.Context(), scan); err != nil {
		return sched, err
	}
	sched.Environment, sched.ScanOptions, sched.ScheduledTimestamp = scan.Environment, scan.ScanOptions, rule.Next(now)
	return sched, nil
}

// scheduleStart returns what periods are counted from, to the second.
func scheduleStart(r *wire.ScheduleRequest, now time.Time) (time.Time, error) {
	if r.SubmitTimestamp == "" {
		return now.Truncate(time.Second), nil
	}
	start, err := timeOf(r.SubmitTimestamp)
	if err != nil {
		return start, invalid("submit_timestamp", "must be a time such as 2026-01-31T02:00:00Z, not "+strconv.Quote(r.SubmitTimestamp))
	}
	if start.Year() < 1970 || start.After(now.AddDate(10, 0, 0)) {
		return start, invalid("submit_timestamp", "must lie between 1970 and ten years from now, and "+r.SubmitTimestamp+" does not")
	}
	return start.Truncate(time.Second), nil
}

// deleteSchedule answers DELETE /scheduled_scans/{id}. Scans that it has submitted go on.
func (s *server) deleteSchedule(c *gin.Context, _ query) error {
	id := c.Param("id")
	deleted, err := s.DB.Schedules.Delete(c.Request.Context(), store.IDs(id))
	if err != nil {
		return err
	}
	if deleted == 0 {
		return store.Errorf(store.NotFound, "scheduled_scans: there is no %q", id)
	}
	c.JSON(http.StatusOK, wire.Done{ID: id, Message: "the schedule is deleted"})
	return nil
}

// deleteSchedules answers DELETE /scheduled_scans: some schedules of an environment, or all of them.
func (s *server) deleteSchedules(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	if q.has("ids") == q.flag("all") {
		return invalid("ids", "give either the ids of schedules, or all=true")
	}
	if err := s.checkEnvironment(ctx, q.text("env_name")); err != nil {
		return err
	}
	conds := []store.Cond{store.Is(store.Environment, q.text("env_name"))}
	if q.has("ids") {
		conds = append(conds, store.IDs(q.list("ids")...))
	}
	deleted, err := s.DB.Schedules.Delete(ctx, conds...)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Count{Count: deleted})
	return nil
}
