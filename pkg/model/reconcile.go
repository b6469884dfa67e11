package model

import "time"

// defaultReconcile is how often an environment that is listened to is compared with its cloud.
const defaultReconcile = time.Hour

// ReconcileEvery returns how often the environment is compared with what its cloud's APIs say, for what no event has told;
// 0: never, as when it is not listened to.
func (e *Environment) ReconcileEvery() time.Duration {
	switch {
	case !e.Listen:
		return 0
	case e.ReconcileMinutes == nil:
		return defaultReconcile
	}
	return time.Duration(*e.ReconcileMinutes) * time.Minute
}

var someMinutes = rule{right: "a whole number of minutes from 0 (never) to 10080 (a week)", ok: func(v any) bool {
	_, isText := v.(string)
	n, ok := wholeNumber(v)
	return ok && !isText && n >= 0 && n <= 10080
}}
