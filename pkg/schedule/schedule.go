// Package schedule says when scheduled scans are due. It knows calendars and clocks, and does no I/O.
package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones are the same wherever the program runs

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// Rule says when a schedule's scans are due.
type Rule struct {
	start, changed time.Time // no run is due before the one, or until after the other
	next           func(after time.Time) time.Time
}

// Parse reads when a schedule's scans are due from its Freq or Cron, its TimeZone and its timestamps. The error has the
// code Invalid and names the field that is wrong.
func Parse(s *model.ScheduledScan) (Rule, error) {
	rule := Rule{start: s.SubmitTimestamp, changed: s.ChangedTimestamp}
	zone, err := timeZone(s.TimeZone)
	switch {
	case err != nil:
		return rule, err
	case s.Freq == "" && s.Cron == "":
		return rule, invalid("freq", "this key is missing; it must be one of "+strings.Join(model.Frequencies(), ", ")+", or there must be a cron expression in its place")
	case s.Freq != "" && s.Cron != "":
		return rule, invalid("cron", "it can't be given together with freq")
	case s.Cron != "":
		rule.next, err = cronRule(s.Cron, zone)
		return rule, err
	case !slices.Contains(model.Frequencies(), s.Freq):
		return rule, invalid("freq", "must be one of "+strings.Join(model.Frequencies(), ", ")+", not "+strconv.Quote(s.Freq))
	}
	rule.next = calendarRule(s.Freq, s.SubmitTimestamp.In(zone))
	return rule, nil
}

// Next returns the first time after the given one at which a scan is due, in UTC. It is never before the schedule's
// SubmitTimestamp, and always after its ChangedTimestamp.
func (r Rule) Next(after time.Time) time.Time {
	if after.Before(r.changed) {
		after = r.changed
	}
	if after.Before(r.start) {
		after = r.start.Add(-1)
	}
	return r.next(after).UTC()
}

// Last returns the latest time at which a scan was due, up to and including the given time, in UTC; ok is false when none
// was due yet.
func (r Rule) Last(until time.Time) (last time.Time, ok bool) {
	first := r.Next(time.Time{})
	if first.After(until) {
		return last, false
	}
	back := time.Minute
	for last = r.Next(until.Add(-back)); last.After(until); last = r.Next(until.Add(-back)) {
		back *= 2
	}
	for next := r.Next(last); !next.After(until); next = r.Next(next) {
		last = next
	}
	return last, true
}

// timeZone returns the zone with a name of the IANA database; UTC when it is "".
func timeZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // which would be another one on each machine
		return nil, invalid("timezone", "must be a name of the IANA time zone database, such as UTC or Europe/Zurich, not "+strconv.Quote(name))
	}
	return zone, nil
}

func invalid(field, message string) error {
	return &store.Error{Code: store.Invalid, Field: field, Message: fmt.Sprintf("%s: %s", field, message)}
}
