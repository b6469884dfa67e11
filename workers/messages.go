package workers

import (
	"context"
	"fmt"

	"calipso.io/calipso/pkg/coverage"
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
	for i, c := range coverage.Causes(model.Coverage(steps)) {
		if i == mostReasons || c.Status == coverage.StatusWarning {
			break
		}
		m := scan.Message(fmt.Sprintf("failed.%d", i), model.LevelError, c.String(), w.Now())
		if len(c.Parents) == 1 {
			m.RelatedObjectType, m.RelatedObject = c.ParentType, c.Parents[0]
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
