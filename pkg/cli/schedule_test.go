package cli_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
)

// TestAddSchedule: what the options ask for is what the schedule says.
func TestAddSchedule(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	plain := model.ScheduledScan{Environment: "lab", SubmitTimestamp: noon, ChangedTimestamp: noon,
		ScanOptions: model.ScanOptions{Inventory: "inventory", LogLevel: "info"}}
	with := func(change func(*model.ScheduledScan)) model.ScheduledScan {
		sched := plain
		change(&sched)
		return sched
	}
	tests := map[string]model.ScheduledScan{
		"--freq|daily": with(func(s *model.ScheduledScan) { s.Freq, s.ScheduledTimestamp = "DAILY", noon.AddDate(0, 0, 1) }),
		"-e|lab|--freq|MONTHLY|--start|2026-01-31T02:00:00+01:00|--timezone|Europe/Zurich": with(func(s *model.ScheduledScan) {
			s.Freq, s.TimeZone, s.SubmitTimestamp = "MONTHLY", "Europe/Zurich", time.Date(2026, 1, 31, 1, 0, 0, 0, time.UTC)
			s.ScheduledTimestamp = s.SubmitTimestamp
		}),
		"--cron|0 2 * * *|--clear|-l|debug|-y|test|--inventory_only": with(func(s *model.ScheduledScan) {
			s.Cron, s.ScheduledTimestamp = "0 2 * * *", time.Date(2026, 1, 3, 2, 0, 0, 0, time.UTC)
			s.Clear, s.LogLevel, s.Inventory, s.ScanOnlyInventory = true, "debug", "test", true
		}),
		"--freq|hourly|-s|-i|demo|-f|name": with(func(s *model.ScheduledScan) {
			s.Freq, s.ScheduledTimestamp, s.ObjectID, s.ObjectType = "HOURLY", noon.Add(time.Hour), "p1", "project"
		}),
	}
	for options, want := range tests {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			got := run(t.Context(), s.connect, "", append([]string{"schedule", "add"}, strings.Split(options, "|")...)...)
			var id string
			if _, err := fmt.Sscanf(got.stdout, "schedule %s of lab: ", &id); err != nil || got.code != 0 {
				t.Fatalf("%+v", got)
			}
			if want := fmt.Sprintf("schedule %s of lab: the next scan is at %s\n", id, want.ScheduledTimestamp.Format(time.RFC3339)); got.stdout != want {
				t.Errorf("prints %q, want %q", got.stdout, want)
			}
			sched, err := s.db.Schedules.Get(t.Context(), id)
			must(t, err)
			want.ID = id
			if sched != want {
				t.Errorf("asks for\n%+v, want\n%+v", sched, want)
			}
		})
	}
}

// TestSchedules: schedules that can't be are refused; those that are can be removed.
func TestSchedules(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	s.follow(t, []step{
		{command: "schedule add", stderr: "calipso: at least one of the flags in the group [freq cron] is required\n", code: 2},
		{command: "schedule add --freq daily --cron x", stderr: "…if any flags in the group [freq cron] are set none of the others can be", code: 2},
		{command: "schedule add --freq often", code: 2,
			stderr: "calipso: schedule of lab: freq: must be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, not \"OFTEN\"\n"},
		{command: "schedule add --cron x", stderr: "…schedule of lab: cron: must be five fields", code: 2},
		{command: "schedule add --freq daily --start tomorrow", stderr: "calipso: --start tomorrow: it must be a time such as 2026-01-31T02:00:00Z\n", code: 2},
		{command: "schedule add --freq daily --timezone Mars", stderr: "…timezone: must be a name of the IANA time zone database", code: 2},
		{command: "schedule add --freq daily -s", stderr: "calipso: --scan_self needs --id: which object to scan\n", code: 2},
		{command: "schedule add --freq daily --detach", stderr: "calipso: unknown flag: --detach\n", code: 2},
		{command: "schedule rm " + scheduleID, stdout: "schedule " + scheduleID + " removed\n"},
		{command: "schedule rm " + scheduleID, stderr: "calipso: scheduled_scans: there is no \"" + scheduleID + "\"\n", code: 2},
		{command: "schedule list", stdout: "…30 2 * * 1-5"},
		{command: "env delete lab --yes", stdout: "environment lab deleted\n"},
		{command: "schedule list", stdout: "SCHEDULE  ENVIRONMENT  WHEN  NEXT RUN  LAST RUN  LAST ERROR\n"},
	})
}
