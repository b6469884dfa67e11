package schedule_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/schedule"
	"calipso.io/calipso/pkg/store"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

// runs returns the first times after one at which a schedule is due, as its zone's clocks show them.
func runs(t *testing.T, s model.ScheduledScan, after string, n int) []string {
	t.Helper()
	rule, err := schedule.Parse(&s)
	if err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for when := at(t, after); len(list) < n; {
		when = rule.Next(when)
		if when.Location() != time.UTC {
			t.Errorf("%v is not in UTC", when)
		}
		list = append(list, when.In(zone).Format("2006-01-02 15:04 -0700"))
	}
	return list
}

func TestNext(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, when, zone, start, after string
		want                           []string
	}{
		{"hourly from its start", "HOURLY", "", "2026-01-01T10:20:00Z", "2026-01-01T10:20:00Z",
			[]string{"2026-01-01 11:20 +0000", "2026-01-01 12:20 +0000"}},
		{"hourly takes no notice of clocks", "HOURLY", "Europe/Zurich", "2026-10-24T22:20:00Z", "2026-10-24T23:50:00Z",
			[]string{"2026-10-25 02:20 +0200", "2026-10-25 02:20 +0100", "2026-10-25 03:20 +0100"}},
		{"a start to come is the first run", "WEEKLY", "", "2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z",
			[]string{"2026-02-01 00:00 +0000", "2026-02-08 00:00 +0000"}},
		{"a start long ago is counted from", "WEEKLY", "", "1999-12-31T23:00:00Z", "2026-01-01T00:00:00Z",
			[]string{"2026-01-02 23:00 +0000", "2026-01-09 23:00 +0000"}},
		{"daily stays at its hour", "DAILY", "Europe/Zurich", "2026-03-01T11:00:00Z", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28 12:00 +0100", "2026-03-29 12:00 +0200"}},
		{"daily without a time zone", "DAILY", "", "2026-03-01T11:00:00Z", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28 11:00 +0000", "2026-03-29 11:00 +0000"}},
		{"daily at a time that is passed over", "DAILY", "Europe/Zurich", "2026-03-01T01:30:00Z", "2026-03-28T00:00:00Z",
			[]string{"2026-03-28 02:30 +0100", "2026-03-29 03:00 +0200", "2026-03-30 02:30 +0200"}},
		{"daily at a time that comes twice", "DAILY", "Europe/Zurich", "2026-10-01T00:30:00Z", "2026-10-24T00:00:00Z",
			[]string{"2026-10-24 02:30 +0200", "2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"}},
		{"monthly from the 31st", "MONTHLY", "", "2026-01-31T08:00:00Z", "2026-01-31T08:00:00Z",
			[]string{"2026-02-28 08:00 +0000", "2026-03-31 08:00 +0000", "2026-04-30 08:00 +0000", "2026-05-31 08:00 +0000"}},
		{"monthly over a year's end", "MONTHLY", "America/New_York", "2025-11-30T05:00:00Z", "2025-12-01T00:00:00Z",
			[]string{"2025-12-30 00:00 -0500", "2026-01-30 00:00 -0500", "2026-02-28 00:00 -0500", "2026-03-30 00:00 -0400"}},
		{"yearly from 29 February", "YEARLY", "", "2024-02-29T08:00:00Z", "2026-01-01T00:00:00Z",
			[]string{"2026-02-28 08:00 +0000", "2027-02-28 08:00 +0000", "2028-02-29 08:00 +0000"}},
		{"cron", "30 2 * * 1-5", "", "2026-01-01T00:00:00Z", "2026-01-02T02:30:00Z",
			[]string{"2026-01-05 02:30 +0000", "2026-01-06 02:30 +0000"}},
		{"cron from a start to come", "0 * * * *", "", "2026-01-05T12:00:00Z", "2026-01-01T00:00:00Z",
			[]string{"2026-01-05 12:00 +0000", "2026-01-05 13:00 +0000"}},
		{"cron in a zone", "0 0 1 jan *", "Asia/Tokyo", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z",
			[]string{"2027-01-01 00:00 +0900"}},
		{"cron at times that are passed over", "15,45 2 * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-03-08T00:00:00-05:00",
			[]string{"2026-03-08 03:00 -0400", "2026-03-09 02:15 -0400"}},
		{"cron at the time after those that are passed over", "30 2,3 * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-03-08T00:00:00-05:00",
			[]string{"2026-03-08 03:00 -0400", "2026-03-08 03:30 -0400", "2026-03-09 02:30 -0400"}},
		{"cron at a time that comes twice", "30 1 * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-11-01T00:00:00-04:00",
			[]string{"2026-11-01 01:30 -0400", "2026-11-02 01:30 -0500"}},
		{"cron asked for in the hour that came again", "50 1 * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-11-01T01:10:00-05:00",
			[]string{"2026-11-02 01:50 -0500"}},
		{"cron in every hour, also those that come twice", "30 * * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-11-01T00:40:00-04:00",
			[]string{"2026-11-01 01:30 -0400", "2026-11-01 01:30 -0500", "2026-11-01 02:30 -0500"}},
		{"cron in every hour, not those that are passed over", "30 * * * *", "America/New_York", "2026-01-01T00:00:00Z", "2026-03-08T00:40:00-05:00",
			[]string{"2026-03-08 01:30 -0500", "2026-03-08 03:30 -0400"}},
		{"cron at a midnight that is passed over", "0 0 * * *", "America/Sao_Paulo", "2018-01-01T00:00:00Z", "2018-11-03T12:00:00Z",
			[]string{"2018-11-04 01:00 -0200", "2018-11-05 00:00 -0200"}},
		{"cron where half an hour is passed over", "15 2 * * *", "Australia/Lord_Howe", "2026-01-01T00:00:00Z", "2026-10-03T00:00:00Z",
			[]string{"2026-10-04 02:30 +1100", "2026-10-05 02:15 +1100"}},
		{"cron on a day that is passed over", "0 12 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z", "2011-12-01T00:00:00Z",
			[]string{"2011-12-31 00:00 +1400", "2012-12-30 12:00 +1400"}},
		{"cron on a day that comes after eight years", "0 0 29 2 *", "", "2026-01-01T00:00:00Z", "2096-03-01T00:00:00Z",
			[]string{"2104-02-29 00:00 +0000"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := model.ScheduledScan{Freq: test.when, TimeZone: test.zone, SubmitTimestamp: at(t, test.start)}
			if strings.Contains(test.when, " ") {
				s.Freq, s.Cron = "", test.when
			}
			if diff := cmp.Diff(test.want, runs(t, s, test.after, len(test.want))); diff != "" {
				t.Errorf("other runs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		freq, cron, zone string
		field, message   string
	}{
		{"", "", "", "freq", "must be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, or there must be a cron expression"},
		{"daily", "", "", "freq", `not "daily"`},
		{"DAILY", "0 2 * * *", "", "cron", "together with freq"},
		{"", "0 2 * *", "", "cron", `not "0 2 * *": expected exactly 5 fields, found 4`},
		{"", "0 0 2 * * *", "", "cron", "expected exactly 5 fields, found 6"},
		{"", "@daily", "", "cron", "does not accept descriptors"},
		{"", "TZ=UTC", "", "cron", "there is a ="},
		{"", "CRON_TZ=UTC 0 2 * * *", "", "cron", "there is a ="},
		{"", "60 2 * * *", "", "cron", "above maximum (59)"},
		{"", "0 2 * * x", "", "cron", `not "0 2 * * x": `},
		{"", "*/0 2 * * *", "", "cron", "step of range should be a positive number"},
		{"", "0 0 31 2 *", "", "cron", "there is no such day"},
		{"", " ", "", "cron", `not " "`},
		{"DAILY", "", "Europe/Zürich", "timezone", `not "Europe/Zürich"`},
		{"DAILY", "", "../../etc/passwd", "timezone", "IANA"},
		{"DAILY", "", "Local", "timezone", `not "Local"`},
	}
	for _, test := range tests {
		_, err := schedule.Parse(&model.ScheduledScan{Freq: test.freq, Cron: test.cron, TimeZone: test.zone})
		var refused *store.Error
		if !errors.As(err, &refused) || refused.Code != store.Invalid || refused.Field != test.field || !strings.HasPrefix(refused.Message, test.field+": ") ||
			!strings.Contains(refused.Message, test.message) {
			t.Errorf("%q %q %q: the error is %v, want one of %s that says %q", test.freq, test.cron, test.zone, err, test.field, test.message)
		}
	}
}

// TestChanged: what was due before a schedule was made as it is now is not due.
func TestChanged(t *testing.T) {
	t.Parallel()
	s := model.ScheduledScan{Freq: "DAILY", SubmitTimestamp: at(t, "2026-01-01T12:00:00Z"), ChangedTimestamp: at(t, "2026-03-01T12:00:00Z")}
	if diff := cmp.Diff([]string{"2026-03-02 12:00 +0000"}, runs(t, s, "2025-01-01T00:00:00Z", 1)); diff != "" {
		t.Errorf("other runs (-want +got):\n%s", diff)
	}
}

func TestLast(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cron, until, want string }{
		{"0 2 * * *", "2026-03-05T01:59:59Z", "2026-03-04T02:00:00Z"},
		{"0 2 * * *", "2026-03-05T02:00:00Z", "2026-03-05T02:00:00Z"},
		{"* * 1 3 *", "2030-02-01T00:00:00Z", "2029-03-01T23:59:00Z"},
		{"0 0 29 2 *", "2031-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 2 * * *", "2026-01-02T01:59:00Z", ""},
		{"0 2 * * *", "2020-01-01T00:00:00Z", ""},
	} {
		start := at(t, "2026-01-01T12:00:00Z")
		rule, err := schedule.Parse(&model.ScheduledScan{Cron: test.cron, SubmitTimestamp: start, ChangedTimestamp: start})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if last, ok := rule.Last(at(t, test.until)); ok {
			got = last.Format(time.RFC3339)
		}
		if got != test.want {
			t.Errorf("%s until %s: %q was the last, want %q", test.cron, test.until, got, test.want)
		}
	}
}

// FuzzNext: whatever is accepted has a next time after each time, and it is the next one of all times in between.
func FuzzNext(f *testing.F) {
	f.Add("DAILY", "", "Europe/Zurich", int64(1774745000), int64(1700000000))
	f.Add("MONTHLY", "", "Pacific/Apia", int64(1325200000), int64(1320000000))
	f.Add("", "*/7 1-3 * * *", "America/New_York", int64(1793508000), int64(0))
	f.Add("", "0 0 29 2 1", "Africa/Cairo", int64(4000000000), int64(0))
	f.Fuzz(func(t *testing.T, freq, cron, zone string, after, start int64) {
		const century = 100 * 365 * 24 * 60 * 60
		s := model.ScheduledScan{Freq: freq, Cron: cron, TimeZone: zone, SubmitTimestamp: time.Unix(start%century, 0)}
		rule, err := schedule.Parse(&s)
		if err != nil {
			return
		}
		from := time.Unix(after%century, 0)
		next := rule.Next(from)
		if !next.After(from) || next.Before(s.SubmitTimestamp) {
			t.Fatalf("%v comes after %v, with the start %v", next, from, s.SubmitTimestamp)
		}
		for _, between := range []time.Time{next.Add(-1), next.Add(-time.Second), next.Add(-time.Hour), from.Add(next.Sub(from) / 2)} {
			if again := rule.Next(between); !between.Before(from) && !again.Equal(next) {
				t.Errorf("%v comes after %v, and %v after %v in between", next, from, again, between)
			}
		}
		last, ok := rule.Last(from)
		if first := rule.Next(time.Time{}); ok == first.After(from) || ok && (last.After(from) || !rule.Next(last).Equal(next) || !rule.Next(last.Add(-1)).Equal(last)) {
			t.Errorf("%v (%v) is the last until %v, %v the next, and %v the first", last, ok, from, next, first)
		}
	})
}
