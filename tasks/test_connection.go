package tasks

import "time"

// TestConnection asks to try whether an environment's interfaces can be reached.
type TestConnection struct {
	Environment string `json:"environment"`
	Test        string `json:"test"` // id of the document that says what is tried
}

// Kind returns "connection:test".
func (TestConnection) Kind() string { return "connection:test" }

// ID returns one id for each test.
func (t TestConnection) ID() string { return t.Test }

// Options returns the queue and limits.
func (TestConnection) Options() Options {
	return Options{Queue: QueueTests, Timeout: 30 * time.Second, MaxRetry: 3}
}
