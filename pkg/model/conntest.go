package model

import (
	"strings"
	"time"
)

// ConnectionTest asks whether the interfaces of an environment can be reached, and holds the answer: a document of
// connection_tests.
type ConnectionTest struct {
	ID          string `json:"_id"`
	Environment string `json:"environment"`
	Status      string `json:"status"` // TestRequest or TestResponse

	TestTargets []string `json:"test_targets"` // names of sections

	// TargetsConfiguration are the sections that are tested. Their secrets are sealed until the answer is there, and
	// masked from then on.
	TargetsConfiguration []Section `json:"targets_configuration"`

	SubmitTimestamp   time.Time  `json:"submit_timestamp"`
	ResponseTimestamp *time.Time `json:"response_timestamp,omitempty"`
	ResponseTime      string     `json:"response_time,omitempty"` // what the tests took: "78ms"

	TestResults map[string]bool         `json:"test_results,omitempty"` // by target
	Errors      map[string]string       `json:"errors,omitempty"`       // of the targets that failed
	Targets     map[string]TargetResult `json:"targets,omitempty"`
	Worker      string                  `json:"worker,omitempty"` // the process that tried: what it reaches others may not
}

// Statuses of a connection test.
const (
	TestRequest  = "request"
	TestResponse = "response"
)

// TargetResult is what came of testing one target.
type TargetResult struct {
	OK    bool       `json:"ok"`
	Tried []TestStep `json:"tried"` // in this order; nothing is tried after a step that the rest needs
	Error string     `json:"error,omitempty"`
	Hint  string     `json:"hint,omitempty"` // what to look at
}

// TestStep is one thing that was tried.
type TestStep struct {
	Step         string `json:"step"`
	OK           bool   `json:"ok"`
	Result       string `json:"result"` // what was seen, or what went wrong
	Milliseconds int64  `json:"milliseconds"`
}

// TestTargets returns the sections whose connection can be tested.
func TestTargets() []string {
	return []string{SectionOpenStack, SectionMySQL, SectionCLI, SectionAMQP, SectionACI, SectionMonitoring, SectionKubernetes}
}

// CheckSections checks sections by themselves, as they would be in an environment's configuration, and brings them into the
// form that is stored. The error is an *InvalidError; its paths begin with the given name of the list.
func CheckSections(list string, sections []Section) error {
	for _, s := range sections {
		normaliseSection(s)
	}
	c := checker{}
	c.eachSection(sections)
	for i, p := range c.problems {
		c.problems[i].Path = list + strings.TrimPrefix(p.Path, "configuration")
	}
	return c.err()
}
