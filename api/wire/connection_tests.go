package wire

import (
	"time"

	"calipso.io/calipso/pkg/model"
)

// ConnectionTestRequest asks to try whether an environment's interfaces can be reached.
type ConnectionTestRequest struct {
	Environment string   `json:"environment"`
	TestTargets []string `json:"test_targets,omitempty"` // names of sections; all that there are, when it is left out

	// TargetsConfiguration are the sections to try, the stored ones when it is left out. A masked secret is the stored one.
	TargetsConfiguration []map[string]any `json:"targets_configuration,omitempty"`
}

// ConnectionTestList is a list of connection tests.
type ConnectionTestList struct {
	ConnectionTests []ConnectionTestEntry `json:"connection_tests"`
}

// ConnectionTestEntry is a connection test as lists show it.
type ConnectionTestEntry struct {
	ID              string          `json:"id"`
	Environment     string          `json:"environment"`
	Status          string          `json:"status"` // request or response
	TestTargets     []string        `json:"test_targets"`
	TestResults     map[string]bool `json:"test_results"` // by target; empty as long as there is no answer
	SubmitTimestamp time.Time       `json:"submit_timestamp"`
}

// WholeConnectionTest is a connection test with all that came of it.
type WholeConnectionTest struct {
	model.ConnectionTest
	Key string `json:"id"`
}
