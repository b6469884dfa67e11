package schedule

import "time"

// shown returns what clocks in a time's zone show, as a time in UTC: there, days have 24 hours and no hour comes twice.
func shown(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// onClock returns when clocks in the zone show this: for the first time, where they are turned back and show it twice;
// and when they are turned forward, where they pass over it.
func onClock(clock time.Time, zone *time.Location) time.Time {
	t := time.Date(clock.Year(), clock.Month(), clock.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, zone)
	start, end := t.ZoneBounds()
	switch got := shown(t); {
	case got.After(clock):
		return start
	case got.Before(clock):
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-1).Zone()
	_, now := t.Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); first.Before(start) {
		return first
	}
	return t
}
