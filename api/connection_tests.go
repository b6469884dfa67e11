package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

func connectionTestRoutes() []route {
	return []route{
		{"GET", "/connection_tests", login, connectionTestParams(), (*server).listConnectionTests,
			doc{about: "The connection tests of an environment, the latest first; with an id, what came of one.", answer: either{wire.ConnectionTestList{}, wire.WholeConnectionTest{}}}},
		{"POST", "/connection_tests", login, nil, (*server).createConnectionTest,
			doc{about: "Try whether an environment's interfaces can be reached: as it is stored, or as the body says.",
				body: wire.ConnectionTestRequest{Environment: "lab"}, answer: wire.Done{}, status: http.StatusCreated}},
	}
}

func connectionTestParams() []param {
	return paged(text("env_name").must(), documentID("id"), oneOf("status", model.TestRequest, model.TestResponse),
		oneOf("test_targets", model.TestTargets()...).many(), flag("test_results"))
}

// createConnectionTest answers POST /connection_tests. Only who may change the environment may have anything tried of it: it
// makes workers connect to addresses that the body names.
func (s *server) createConnectionTest(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.ConnectionTestRequest](c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	test, err := s.connectionTest(ctx, body)
	if err != nil {
		return err
	}
	if err := s.DB.Tests.Create(ctx, test); err != nil {
		return err
	}
	if err := s.Queue.Enqueue(ctx, tasks.TestConnection{Environment: test.Environment, Test: test.ID}); err != nil {
		// The scheduler enqueues it again: it is only late.
		s.Log.WarnContext(ctx, "connection test not enqueued", "test", test.ID, "request", requestID(c), "error", err)
	}
	c.JSON(http.StatusCreated, wire.Done{ID: test.ID, Message: "testing " + strings.Join(test.TestTargets, ", ") + " of " + test.Environment})
	return nil
}

// connectionTest makes the request that workers find in the store, with its secrets sealed.
func (s *server) connectionTest(ctx context.Context, body wire.ConnectionTestRequest) (test model.ConnectionTest, err error) {
	if body.Environment == "" {
		return test, invalid("environment", "this key is missing")
	}
	if !s.rights.CanEdit(body.Environment) {
		return test, store.Errorf(store.Forbidden, "testing connections takes the right edit-env for the environment")
	}
	stored, err := s.DB.Environments.Get(ctx, body.Environment)
	if err != nil && (store.CodeOf(err) != store.NotFound || len(body.TargetsConfiguration) == 0) {
		return test, err
	}
	sections := stored.Configuration
	if len(body.TargetsConfiguration) > 0 {
		if sections, err = s.givenSections(body, &stored); err != nil {
			return test, err
		}
	}
	test = model.ConnectionTest{ID: store.NewID(), Environment: body.Environment, Status: model.TestRequest,
		TargetsConfiguration: sections, SubmitTimestamp: s.Now().UTC()}
	test.TestTargets, err = chosenTargets(body.TestTargets, sections)
	return test, err
}

// givenSections checks the sections of the body, and seals their secrets.
func (s *server) givenSections(body wire.ConnectionTestRequest, stored *model.Environment) ([]model.Section, error) {
	given := &model.Environment{Name: body.Environment}
	for _, section := range body.TargetsConfiguration {
		given.Configuration = append(given.Configuration, section)
	}
	if err := model.CheckSections("targets_configuration", given.Configuration); err != nil {
		return nil, wrongEnvironment(err)
	}
	kept, err := auth.KeepSecrets(given, stored)
	if err != nil {
		return nil, invalid("targets_configuration", err.Error())
	}
	return s.Sealer.SealEnvironment(kept).Configuration, nil
}

// chosenTargets returns the targets that are asked for, of which each needs a section; without any, all that can be tested.
func chosenTargets(asked []string, sections []model.Section) (targets []string, err error) {
	for _, section := range sections {
		if slices.Contains(model.TestTargets(), section.Name()) {
			targets = append(targets, section.Name())
		}
	}
	for _, name := range asked {
		if err := checkOneOf(name, model.TestTargets()); err != nil {
			return nil, invalid("test_targets", "must be "+err.Error()+", not "+name)
		}
		if !slices.Contains(targets, name) {
			return nil, invalid("targets_configuration", "there is no section "+name+", which test_targets names")
		}
	}
	if len(asked) > 0 {
		targets = slices.Compact(slices.Sorted(slices.Values(asked)))
	}
	if len(targets) == 0 {
		return nil, invalid("targets_configuration", "there is no section that can be tested: one of "+strings.Join(model.TestTargets(), ", "))
	}
	return targets, nil
}

// listConnectionTests answers GET /connection_tests.
func (s *server) listConnectionTests(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	environment := q.text("env_name")
	conds := append(q.where(store.Status), store.Is(store.Environment, environment))
	if q.has("id") {
		test, err := s.DB.Tests.First(ctx, store.Where(append(conds, store.IDs(q.text("id")))...))
		if store.CodeOf(err) == store.NotFound {
			err = store.Errorf(store.NotFound, "%q has no connection test %q", environment, q.text("id"))
		}
		if err != nil {
			return err
		}
		c.JSON(http.StatusOK, wire.WholeConnectionTest{ConnectionTest: q.reduced(test), Key: test.ID})
		return nil
	}
	page := q.page(conds...)
	page.Sort = []store.Order{{By: store.Submitted, Desc: true}}
	tests, err := pick(ctx, s.DB.Tests, page, func(t *model.ConnectionTest) bool { return len(q.chosen(t)) > 0 })
	if err != nil {
		return err
	}
	if len(tests) == 0 { // of an environment that is not registered there may be some, too
		if err := s.checkEnvironment(ctx, environment); err != nil {
			return err
		}
	}
	list := wire.ConnectionTestList{ConnectionTests: []wire.ConnectionTestEntry{}}
	for _, t := range tests {
		list.ConnectionTests = append(list.ConnectionTests, wire.ConnectionTestEntry{ID: t.ID, Environment: t.Environment, Status: t.Status, TestTargets: t.TestTargets,
			TestResults: t.TestResults, SubmitTimestamp: t.SubmitTimestamp})
	}
	c.JSON(http.StatusOK, list)
	return nil
}

// chosen returns the targets of a test that the parameters choose: by their names, and by what came of them.
func (q query) chosen(t *model.ConnectionTest) (targets []string) {
	for _, name := range t.TestTargets {
		result, answered := t.TestResults[name]
		byName := !q.has("test_targets") || slices.Contains(q.list("test_targets"), name)
		byResult := !q.has("test_results") || answered && result == q.flag("test_results")
		if byName && byResult {
			targets = append(targets, name)
		}
	}
	return targets
}

// reduced returns a test with the chosen targets alone, and without secrets.
func (q query) reduced(t model.ConnectionTest) model.ConnectionTest {
	masked := auth.MaskEnvironment(&model.Environment{Configuration: t.TargetsConfiguration})
	whole := t
	t.TestTargets, t.TargetsConfiguration = q.chosen(&whole), []model.Section{}
	t.TestResults, t.Errors, t.Targets = nil, nil, nil
	for _, name := range t.TestTargets {
		if section := masked.Section(name); section != nil {
			t.TargetsConfiguration = append(t.TargetsConfiguration, section)
		}
	}
	if whole.Status == model.TestResponse {
		t.TestResults, t.Errors, t.Targets = only(whole.TestResults, t.TestTargets), only(whole.Errors, t.TestTargets), only(whole.Targets, t.TestTargets)
	}
	return t
}

// only returns the entries of a map that have these keys.
func only[V any](all map[string]V, keys []string) map[string]V {
	some := map[string]V{}
	for _, key := range keys {
		if v, ok := all[key]; ok {
			some[key] = v
		}
	}
	return some
}
