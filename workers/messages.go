package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// tell writes messages for the operators. What happened goes on without them when they can't be written.
func (w *Workers) tell(ctx context.Context, messages ...model.Message) {
	if _, err := w.DB.Messages.Insert(ctx, messages...); err != nil {
		w.Log.Warn("messages could not be written", "environment", messages[0].Environment, "scan", messages[0].OriginID, "error", err)
	}
}

// mostReasons is how many different reasons of failures a scan gives in its messages; its coverage report has them all.
const mostReasons = 20

// tellOutcome writes how a scan ended: one message for each reason why something could not be read, and one of the whole.
func (w *Workers) tellOutcome(ctx context.Context, scan *model.Scan, steps []model.Step) {
	var messages []model.Message
	for i, r := range reasons(steps) {
		if i == mostReasons {
			break
		}
		m := scan.Message(fmt.Sprintf("failed.%d", i), model.LevelError, r.String(), w.Now())
		if len(r.parents) == 1 {
			m.RelatedObjectType, m.RelatedObject, _ = strings.Cut(r.parents[0], " ")
		}
		messages = append(messages, m)
	}
	level, text := model.LevelInfo, "scan "+scan.ID+" is "+scan.Status
	switch scan.Status {
	case model.ScanFailed:
		level, text = model.LevelError, text+": "+scan.Error
	case model.ScanCompletedWithErrors:
		level = model.LevelWarn
	}
	w.tell(ctx, append(messages, scan.Message("ended", level, text, w.Now()))...)
}

// reason is why something could not be read, and below which objects ("type id").
type reason struct {
	text    string
	reads   int
	parents []string
}

// String writes the reason for people.
func (r reason) String() string {
	where := strings.Join(r.parents[:min(len(r.parents), 5)], ", ")
	if more := len(r.parents) - 5; more > 0 {
		where += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%d reads failed below %s: %s", r.reads, where, r.text)
}

// reasons joins failures that have the same cause, the most frequent first.
func reasons(steps []model.Step) []reason {
	byText := map[string]*reason{}
	var all []*reason
	for _, row := range model.Coverage(steps) {
		if row.Status != model.ResultFailed {
			continue
		}
		r := byText[row.Error]
		if r == nil {
			r = &reason{text: row.Error}
			byText[row.Error], all = r, append(all, r)
		}
		r.reads++
		if parent := row.ParentType + " " + row.Parent; !slices.Contains(r.parents, parent) {
			r.parents = append(r.parents, parent)
		}
	}
	slices.SortStableFunc(all, func(a, b *reason) int { return b.reads - a.reads })
	sorted := make([]reason, len(all))
	for i, r := range all {
		sorted[i] = *r
	}
	return sorted
}
