package api

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"sync/atomic"
	"time"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// taskText writes tasks for the people who look at the task monitor. What payloads name is looked up in the store.
type taskText struct {
	db      *store.DB
	now     func() time.Time
	askFrom atomic.Int64 // Unix seconds; the store, which did not answer, is left alone until then
}

// How long the store is waited for, for each of the tasks of a page, and left alone when it does not answer.
const (
	lookupTimeout = 500 * time.Millisecond
	lookupPause   = 10
)

// FormatPayload says what a task is about: environment, scan, step and host. Payloads of which that is not known are
// shown as they are, with what looks like a secret masked.
func (t *taskText) FormatPayload(_ string, payload []byte) string {
	var names struct {
		Scan, Step, Phase string
		Attempt           int
	}
	if json.Unmarshal(payload, &names) == nil && names.Scan != "" && t.now().Unix() >= t.askFrom.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), lookupTimeout)
		defer cancel()
		text, err := t.describe(ctx, names.Scan, names.Step, names.Phase)
		if err == nil {
			return text
		}
		if store.CodeOf(err) != store.NotFound {
			t.askFrom.Store(t.now().Unix() + lookupPause)
		}
	}
	return masked(payload)
}

func (t *taskText) describe(ctx context.Context, scan, step, phase string) (string, error) {
	if step == "" {
		s, err := t.db.Scans.Get(ctx, scan)
		text := fmt.Sprintf("environment %q, scan %s", s.Environment, scan)
		if phase != "" {
			text += ", phase " + phase
		}
		return text, err
	}
	s, err := t.db.Steps.Get(ctx, step)
	text := fmt.Sprintf("environment %q, scan %s, phase %s, step %s", s.Environment, scan, s.Phase, s.Step)
	if s.ParentID != "" {
		text += fmt.Sprintf(" of %q", s.ParentID)
	}
	if s.Host != "" {
		text += fmt.Sprintf(", host %q", s.Host)
	}
	return fmt.Sprintf("%s, attempt %d", text, s.Attempt+1), err
}

// FormatResult shows what a task has written down as its result, with what looks like a secret masked.
func (t *taskText) FormatResult(_ string, result []byte) string { return masked(result) }

// masked returns a JSON text in which what looks like a secret is masked. Of another text only the length is shown.
func masked(data []byte) string {
	if len(data) == 0 {
		return ""
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return fmt.Sprintf("(%d bytes)", len(data))
	}
	text, err := json.Marshal(mask(value))
	if err != nil {
		return fmt.Sprintf("(%d bytes)", len(data))
	}
	return string(text)
}

var (
	secretKey   = regexp.MustCompile(`(?i)pass|pwd|secret|token|key|credential|auth|cookie|community`)
	secretValue = regexp.MustCompile(`-----BEGIN|://[^/\s]*@|^(Basic|Bearer) `)
)

// mask goes through a decoded JSON value. Payloads hold no secrets; this is for the one that does by mistake.
func mask(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			if v[key] = mask(v[key]); secretKey.MatchString(key) {
				v[key] = auth.Masked
			}
		}
	case []any:
		for i := range v {
			v[i] = mask(v[i])
		}
	case string:
		if secretValue.MatchString(v) {
			return auth.Masked
		}
	}
	return value
}
