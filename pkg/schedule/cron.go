package schedule

import (
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

const allHours = 1<<24 - 1

// cronRule reads a cron expression of five fields.
func cronRule(expression string, zone *time.Location) (func(after time.Time) time.Time, error) {
	refused := func(why string) error {
		return invalid("cron", "must be five fields, minute, hour, day of month, month and day of week, such as \"30 2 * * 1-5\", not "+
			strconv.Quote(expression)+": "+why)
	}
	if strings.Contains(expression, "=") { // the parser would take the first field for a time zone
		return nil, refused("there is a =")
	}
	parsed, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(expression)
	if err != nil {
		return nil, refused(err.Error())
	}
	spec := parsed.(*cron.SpecSchedule)
	if spec.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() { // a leap year
		return nil, refused("there is no such day")
	}
	if spec.Hour&allHours == allHours {
		return everyHour(spec, zone), nil
	}
	return atHours(spec, zone), nil
}

// everyHour goes by elapsed time: when clocks are turned back the hour that comes twice has its runs twice.
func everyHour(spec *cron.SpecSchedule, zone *time.Location) func(time.Time) time.Time {
	return func(after time.Time) time.Time { return nextOf(spec, after.In(zone)) }
}

// atHours goes by what clocks show: each time that they show, or pass over, is one run.
func atHours(spec *cron.SpecSchedule, zone *time.Location) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		clock := nextOf(spec, shown(after.In(zone)))
		for !onClock(clock, zone).After(after) {
			clock = nextOf(spec, clock)
		}
		return onClock(clock, zone)
	}
}

// nextOf returns the next time of an expression. The library gives up after five years; 29 February can take eight.
func nextOf(spec *cron.SpecSchedule, after time.Time) time.Time {
	next := spec.Next(after)
	for ; next.IsZero(); next = spec.Next(after) {
		after = after.AddDate(4, 0, 0)
	}
	return next
}
