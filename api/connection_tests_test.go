package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

func TestConnectionTestOfTheStoredConfiguration(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	id := s.call("POST", "/connection_tests", `{"environment":"lab"}`).want(http.StatusCreated)["id"].(string)
	got := s.call("GET", "/connection_tests?env_name=lab&id="+id, "").want(http.StatusOK)
	if got["status"] != "request" || got["_id"] != id || got["id"] != id {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff([]any{"OpenStack", "mysql", "CLI"}, got["test_targets"]); diff != "" {
		t.Error(diff)
	}
	if _, err := asynq.NewInspectorFromRedisClient(s.redis).GetTaskInfo(tasks.QueueTests, id); err != nil {
		t.Errorf("no task was enqueued: %v", err)
	}
	stored, err := s.db.Tests.Get(t.Context(), id)
	if err != nil || len(stored.TargetsConfiguration) != 3 || !auth.IsSealed(stored.TargetsConfiguration[0].Str("pwd")) {
		t.Errorf("what workers find is %+v, %v", stored, err)
	}
}

// TestConnectionTestKeepsSecrets: a masked secret is the stored one, unless it would be sent to another machine; no secret is
// stored in clear, nor told.
func TestConnectionTestKeepsSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	const same = `{"environment":"lab","test_targets":["mysql"],"targets_configuration":[{"name":"mysql","host":"10.0.0.1","port":"3306","user":"root","pwd":"********"}]}`
	id := s.call("POST", "/connection_tests", same).want(http.StatusCreated)["id"].(string)
	environment, err := s.db.Environments.Get(t.Context(), "lab")
	if err != nil {
		t.Fatal(err)
	}
	test, err := s.db.Tests.Get(t.Context(), id)
	if err != nil || test.TargetsConfiguration[0]["pwd"] != environment.Section("mysql")["pwd"] {
		t.Errorf("the password is not the stored one: %v, %v", test.TargetsConfiguration, err)
	}
	s.call("POST", "/connection_tests", strings.Replace(same, "10.0.0.1", "10.6.6.6", 1)).wantError(400, "400", "Bad Request", "targets_configuration",
		"targets_configuration: mysql/pwd: give it again, since host is another one than the stored value was for")
	own := s.call("POST", "/connection_tests", strings.Replace(strings.Replace(same, "10.0.0.1", "10.6.6.6", 1), "********", "s3cret-own", 1)).want(http.StatusCreated)["id"].(string)
	for _, path := range []string{"/connection_tests?env_name=lab", "/connection_tests?env_name=lab&id=" + own, "/connection_tests?env_name=lab&id=" + id,
		"/tasks/api/queues/tests/pending_tasks"} {
		body := s.call("GET", path, "").Body.String()
		for _, secret := range secrets() {
			if strings.Contains(body, secret) || strings.Contains(s.log.String(), secret) {
				t.Errorf("%s, or the log, tells a secret: %s", path, body)
			}
		}
	}
}

func TestConnectionTestBeforeRegistering(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const cli = `{"environment":"new","targets_configuration":[{"name":"CLI","host":"10.0.0.1","user":"scan","pwd":"%s"}]}`
	s.call("POST", "/connection_tests", fmt.Sprintf(cli, "x")).want(http.StatusCreated)
	s.call("POST", "/connection_tests", fmt.Sprintf(cli, "********")).want(http.StatusBadRequest)
	list := s.call("GET", "/connection_tests?env_name=new", "").want(http.StatusOK)["connection_tests"]
	if diff := cmp.Diff([]string{"new"}, column(list, "environment")); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionTestRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	for body, field := range map[string]string{
		`{}`: "environment",
		`{"environment":"lab","test_targets":["moon"]}`:                                                                                    "test_targets",
		`{"environment":"lab","test_targets":["AMQP"]}`:                                                                                    "targets_configuration",
		`{"environment":"lab","targets_configuration":[{"name":"mysql"}]}`:                                                                 "targets_configuration[0].mysql.host",
		`{"environment":"lab","targets_configuration":[{"name":"moon"}]}`:                                                                  "targets_configuration[0].name",
		`{"environment":"lab","targets_configuration":[{"name":"CLI","host":"a b","user":"u","pwd":"p"}]}`:                                 "targets_configuration[0].CLI.host",
		`{"environment":"lab","targets_configuration":[{"name":"NFV_provider","host":"h","port":1,"user":"u","pwd":"p","nfv_token":"t"}]}`: "targets_configuration",
	} {
		got := s.call("POST", "/connection_tests", body).want(http.StatusBadRequest)["error"].(map[string]any)
		if got["field"] != field {
			t.Errorf("%s\nis refused with %v, want field %q", body, got, field)
		}
	}
	s.call("POST", "/connection_tests", `{"environment":"nowhere"}`).want(http.StatusNotFound)
	s.call("GET", "/connection_tests", "").want(http.StatusBadRequest)
	s.call("GET", "/connection_tests?env_name=nowhere", "").want(http.StatusBadRequest)
	s.call("GET", "/connection_tests?env_name=lab&id=aaaaaaaaaaaaaaaaaaaaaaaa", "").want(http.StatusNotFound)
}

// TestOnlyWhoMayChangeAnEnvironmentMayTestIt: else anybody could have workers connect to any address.
func TestOnlyWhoMayChangeAnEnvironmentMayTestIt(t *testing.T) {
	t.Parallel()
	s, _ := withAdmin(t)
	shared := strings.Replace(environmentDoc, `"listen":false`, `"listen":false,"auth":{"view-env":["viewer"],"edit-env":["editor"]}`, 1)
	s.call("POST", "/environment_configs", shared).want(http.StatusCreated)
	for user, want := range map[string]int{"viewer": http.StatusForbidden, "editor": http.StatusCreated, "stranger": http.StatusForbidden} {
		token := s.login(user)
		s.call("POST", "/connection_tests", `{"environment":"lab"}`, token).want(want)
		s.call("POST", "/connection_tests", `{"environment":"other","targets_configuration":[{"name":"CLI","host":"h","user":"u","pwd":"p"}]}`, token).want(http.StatusForbidden)
	}
	viewed := s.call("GET", "/connection_tests?env_name=lab", "", s.login("viewer")).want(http.StatusOK)["connection_tests"]
	if len(viewed.([]any)) != 1 {
		t.Errorf("who may view the environment sees %v", viewed)
	}
	s.call("GET", "/connection_tests?env_name=lab", "", s.login("stranger")).want(http.StatusBadRequest)
}

// login makes a user without roles, and returns the header of a token.
func (s *site) login(user string) (header string) {
	s.t.Helper()
	if _, err := s.db.Users.Insert(s.t.Context(), store.User{Name: user}); err != nil {
		s.t.Fatal(err)
	}
	token := "token-of-" + user
	_, err := s.db.Tokens.Insert(s.t.Context(), store.Token{Hash: auth.HashToken(token), User: user, Source: auth.SourceLocal, Expires: s.clock.Now().Add(time.Hour)})
	if err != nil {
		s.t.Fatal(err)
	}
	return "X-Auth-Token: " + token
}

func TestConnectionTestFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	test := model.ConnectionTest{ID: store.NewID(), Environment: "lab", Status: model.TestResponse, TestTargets: []string{"CLI", "mysql"},
		TestResults: map[string]bool{"CLI": true, "mysql": false}, Errors: map[string]string{"mysql": "refused"},
		Targets:              map[string]model.TargetResult{"CLI": {OK: true}, "mysql": {Error: "refused"}},
		TargetsConfiguration: []model.Section{{"name": "CLI", "host": "h"}, {"name": "mysql", "host": "h"}}}
	if err := s.db.Tests.Create(t.Context(), test); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{"": 1, "&status=response": 1, "&status=request": 0, "&test_targets=CLI": 1, "&test_targets=AMQP": 0,
		"&test_targets=CLI&test_results=false": 0, "&test_results=false": 1, "&page=1": 0} {
		got := s.call("GET", "/connection_tests?env_name=lab"+query, "").want(http.StatusOK)["connection_tests"].([]any)
		if len(got) != want {
			t.Errorf("%q lists %v", query, got)
		}
	}
	got := s.call("GET", "/connection_tests?env_name=lab&test_results=false&id="+test.ID, "").want(http.StatusOK)
	if diff := cmp.Diff([]any{[]any{"mysql"}, map[string]any{"mysql": false}, map[string]any{"mysql": "refused"}, []any{map[string]any{"name": "mysql", "host": "h"}}},
		[]any{got["test_targets"], got["test_results"], got["errors"], got["targets_configuration"]}); diff != "" {
		t.Error(diff)
	}
}
