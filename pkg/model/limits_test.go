package model

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	limits := func(path string) map[string]int {
		// As it comes out of the store.
		doc, err := json.Marshal(parse(t, path))
		if err != nil {
			t.Fatal(err)
		}
		var e Environment
		if err := json.Unmarshal(doc, &e); err != nil {
			t.Fatal(err)
		}
		all := map[string]int{}
		for _, kind := range []string{LimitAPICalls, LimitSSHDials, LimitSSHSessions, LimitSQLQueries, LimitSteps} {
			all[kind] = e.Limit(kind)
		}
		return all
	}
	defaults := map[string]int{"api_calls": 4, "ssh_dials": 8, "ssh_sessions": 32, "sql_queries": 4, "steps": 16}
	if diff := cmp.Diff(defaults, limits("testdata/good/least.yaml")); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	own := map[string]int{"api_calls": 2, "ssh_dials": 8, "ssh_sessions": 100, "sql_queries": 4, "steps": 16}
	if diff := cmp.Diff(own, limits("testdata/good/all.yaml")); diff != "" {
		t.Errorf("limits of the document (-want +got):\n%s", diff)
	}
}

func TestLimitsOfAnEnvironmentAreChecked(t *testing.T) {
	t.Parallel()
	e := parse(t, "testdata/good/least.yaml")
	e.Limits = Limits{LimitSteps: -1}
	want := "limits.steps: must be a whole number from 1 to 10000, not the number -1"
	if err := ValidateEnvironment(e, nil); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
