package schedule

import (
	"sort"
	"time"

	"calipso.io/calipso/pkg/model"
)

// calendarRule counts periods from the time of the first run. All but hours are counted by the calendar and the clocks
// of that time's zone.
func calendarRule(freq string, first time.Time) func(after time.Time) time.Time {
	run := func(n int) time.Time { return nth(freq, first, n) }
	return func(after time.Time) time.Time {
		enough := 1
		for !run(enough).After(after) {
			enough *= 2
		}
		return run(sort.Search(enough, func(n int) bool { return run(n).After(after) }))
	}
}

// nth returns the time that is n periods after the first one. Each is counted from the first, so that a month that is too
// short changes nothing for those after it.
func nth(freq string, first time.Time, n int) time.Time {
	switch freq {
	case model.FreqHourly:
		return first.Add(time.Duration(n) * time.Hour)
	case model.FreqDaily:
		return onClock(shown(first).AddDate(0, 0, n), first.Location())
	case model.FreqWeekly:
		return onClock(shown(first).AddDate(0, 0, 7*n), first.Location())
	case model.FreqMonthly:
		return onClock(addMonths(shown(first), n), first.Location())
	}
	return onClock(addMonths(shown(first), 12*n), first.Location())
}

// addMonths returns the same day of a later month or, where that month is shorter, its last day.
func addMonths(t time.Time, n int) time.Time {
	month := t.AddDate(0, n, 1-t.Day())
	last := month.AddDate(0, 1, -1).Day()
	return month.AddDate(0, 0, min(t.Day(), last)-1)
}
