package storetest

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// tenants is a database with a scan and a message of each of the environments mine, looked (at only) and foreign, as
// the whole of it and as a user sees it.
func tenants(t *testing.T, d store.Driver) (whole, seen *store.DB) {
	t.Helper()
	whole = database(t, d)
	for _, name := range []string{"mine", "looked", "foreign"} {
		must(t, whole.Environments.Create(t.Context(), model.Environment{Name: name}))
		must(t, whole.Scans.Create(t.Context(), model.Scan{ID: "scan of " + name, Environment: name, Status: model.ScanPending}))
		_, err := whole.Messages.Insert(t.Context(), model.Message{ID: "message of " + name, Environment: name, Level: "info"})
		must(t, err)
	}
	_, err := whole.Messages.Insert(t.Context(), model.Message{ID: "of no environment", Level: "info"})
	must(t, err)
	return whole, whole.Within(store.Rights{View: []string{"looked", "mine", "gone"}, Edit: []string{"mine"}})
}

func testSeen(t *testing.T, d store.Driver) {
	whole, seen := tenants(t, d)
	mine, foreign := store.Is(store.Environment, "mine"), store.Is(store.Environment, "foreign")
	tests := map[string]struct {
		db   *store.DB
		cond []store.Cond
		want []string
	}{
		"all that may be seen":      {seen, nil, []string{"message of looked", "message of mine"}},
		"by environment":            {seen, []store.Cond{mine}, []string{"message of mine"}},
		"of another's":              {seen, []store.Cond{foreign}, nil},
		"some of which are foreign": {seen, []store.Cond{store.Is(store.Environment, "foreign", "mine", "")}, []string{"message of mine"}},
		"not of mine":               {seen, []store.Cond{store.IsNot(store.Environment, "mine")}, []string{"message of looked"}},
		"environments twice":        {seen, []store.Cond{store.Is(store.Environment, "foreign", "mine"), foreign}, nil},
		"by ids":                    {seen, []store.Cond{store.IDs("message of foreign", "message of looked")}, []string{"message of looked"}},
		"by something else":         {seen, []store.Cond{store.Is(store.Level, "info")}, []string{"message of looked", "message of mine"}},
		"without rights":            {whole.Within(store.Rights{}), nil, nil},
		"with the right to all":     {whole.Within(store.Rights{ViewAll: true}), []store.Cond{foreign}, []string{"message of foreign"}},
		"who may change all":        {whole.Within(store.Rights{EditAll: true}), nil, []string{"message of foreign", "message of looked", "message of mine", "of no environment"}},
	}
	for name, tt := range tests {
		ids, err := tt.db.Messages.IDs(t.Context(), store.Where(tt.cond...))
		n, err2 := tt.db.Messages.Count(t.Context(), tt.cond...)
		by, err3 := tt.db.Messages.CountBy(t.Context(), store.Environment, tt.cond...)
		must(t, err)
		must(t, err2)
		must(t, err3)
		if diff := cmp.Diff(tt.want, ids); diff != "" || n != len(tt.want) || len(by) != len(tt.want) {
			t.Errorf("%s: %d, %v (-want +got):\n%s", name, n, by, diff)
		}
	}
	_, err := seen.Messages.Get(t.Context(), "message of foreign")
	_, none := seen.Messages.Get(t.Context(), "message of nobody  ")
	wantCode(t, err, store.NotFound)
	wantCode(t, none, store.NotFound)
	names, err := seen.Environments.IDs(t.Context(), store.Query{})
	if diff := cmp.Diff([]string{"looked", "mine"}, names); diff != "" || err != nil {
		t.Errorf("environments, %v (-want +got):\n%s", err, diff)
	}
	_, err = seen.Environments.Get(t.Context(), "foreign")
	wantCode(t, err, store.NotFound)
	if n, err := seen.Environments.Count(t.Context(), store.IDs("foreign", "looked")); n != 1 || err != nil {
		t.Errorf("%d environments of these ids, %v", n, err)
	}
}

func testRightsToChange(t *testing.T, d store.Driver) {
	whole, seen := tenants(t, d)
	ctx := t.Context()
	scan := func(environment string) model.Scan {
		return model.Scan{ID: "new of " + environment, Environment: environment}
	}
	abort := func(s *model.Scan) error { s.Status = model.ScanAborted; return nil }
	update := func(id string, change func(*model.Scan) error) error {
		_, err := seen.Scans.Update(ctx, id, change)
		return err
	}
	must(t, seen.Scans.Create(ctx, scan("mine")))
	must(t, update("scan of mine", abort))
	wantCode(t, seen.Scans.Create(ctx, scan("looked")), store.Forbidden)
	wantCode(t, seen.Scans.Create(ctx, scan("foreign")), store.Forbidden)
	wantCode(t, seen.Scans.Create(ctx, scan("")), store.Forbidden)
	wantCode(t, update("scan of looked", abort), store.Forbidden)
	wantCode(t, update("scan of foreign", abort), store.NotFound)
	wantCode(t, update("scan of mine", func(s *model.Scan) error { s.Environment = "looked"; return nil }), store.Forbidden)
	wantCode(t, seen.Scans.PutPart(ctx, "note", 1, map[string]any{"scan of mine": map[string]any{"x": 1}}, false), store.Forbidden)
	for id, code := range map[string]store.Code{"looked": store.Forbidden, "foreign": store.Forbidden, "other": store.Forbidden, "mine": store.Conflict} {
		wantCode(t, seen.Environments.Create(ctx, model.Environment{Name: id}), code)
	}

	deletions := []struct {
		cond []store.Cond
		n    int
		code store.Code
	}{
		{[]store.Cond{store.Is(store.Environment, "foreign")}, 0, ""},
		{[]store.Cond{store.Is(store.Environment, "looked")}, 0, store.Forbidden},
		{nil, 0, store.Forbidden},
		{[]store.Cond{store.IDs("message of mine", "message of looked")}, 0, store.Forbidden},
		{[]store.Cond{store.IDs("message of mine", "message of foreign")}, 1, ""},
	}
	for _, tt := range deletions {
		n, err := seen.Messages.Delete(ctx, tt.cond...)
		wantCode(t, err, tt.code)
		if n != tt.n {
			t.Errorf("%+v: %d are deleted, want %d", tt.cond, n, tt.n)
		}
	}
	_, err := seen.Environments.Delete(ctx, store.IDs("looked"))
	wantCode(t, err, store.Forbidden)
	if n, err := seen.Environments.Delete(ctx, store.IDs("mine", "foreign")); n != 1 || err != nil {
		t.Errorf("%d environments are deleted, %v", n, err)
	}
	left, err := whole.Messages.IDs(ctx, store.Query{})
	if diff := cmp.Diff([]string{"message of foreign", "message of looked", "of no environment"}, left); diff != "" || err != nil {
		t.Errorf("messages that are left, %v (-want +got):\n%s", err, diff)
	}
	scans, err := whole.Scans.CountBy(ctx, store.Environment, store.Is(store.Status, model.ScanAborted))
	if diff := cmp.Diff(map[string]int{"mine": 1}, scans); diff != "" || err != nil {
		t.Errorf("aborted scans, %v (-want +got):\n%s", err, diff)
	}
	_, err = seen.CheckScan(ctx, scan("looked"))
	wantCode(t, err, store.Forbidden)
	all := whole.Within(store.Rights{EditAll: true})
	must(t, all.Scans.Create(ctx, scan("looked")))
	must(t, all.Environments.Create(ctx, model.Environment{Name: "other"}))
	if n, err := all.Messages.Delete(ctx); n != 3 || err != nil {
		t.Errorf("%d are deleted by who may, %v", n, err)
	}
}

// testTakenOver: a document can't be taken over by writing one with its id.
func testTakenOver(t *testing.T, d store.Driver) {
	whole, seen := tenants(t, d)
	for _, id := range []string{"scan of looked", "scan of foreign"} {
		thief := model.Scan{ID: id, Environment: "mine"}
		_, err := seen.Scans.Put(t.Context(), 9, model.Scan{ID: "new", Environment: "mine"}, thief)
		wantCode(t, err, store.Forbidden)
		n, err := seen.Scans.Insert(t.Context(), thief)
		if n != 0 || err != nil {
			t.Errorf("%d inserted, %v", n, err)
		}
		got, err := whole.Scans.Get(t.Context(), id)
		if err != nil || "scan of "+got.Environment != id {
			t.Errorf("%s is now of %s, %v", id, got.Environment, err)
		}
	}
	_, err := seen.Scans.Put(t.Context(), 9, model.Scan{ID: "new", Environment: "mine"}, model.Scan{ID: "scan of mine", Environment: "mine"})
	must(t, err)
	_, err = seen.Scans.Put(t.Context(), 9, model.Scan{ID: "newer", Environment: "mine"}, model.Scan{ID: "newest", Environment: "looked"})
	wantCode(t, err, store.Forbidden)
	if n, err := whole.Scans.Count(t.Context()); n != 4 || err != nil {
		t.Errorf("%d scans, %v; want 4", n, err)
	}
}

func testOwners(t *testing.T, d store.Driver) {
	whole, seen := tenants(t, d)
	ctx := t.Context()
	for _, name := range []string{"", "mine", "looked", "foreign"} {
		must(t, whole.CliqueTypes.Create(ctx, model.CliqueType{ID: "of " + name, Environment: name}))
	}
	types, err := seen.CliqueTypes.IDs(ctx, store.Query{})
	if diff := cmp.Diff([]string{"of ", "of looked", "of mine"}, types); diff != "" || err != nil {
		t.Errorf("clique types, %v (-want +got):\n%s", err, diff)
	}
	if n, err := seen.CliqueTypes.Count(ctx, store.Is(store.Environment, "", "foreign")); n != 1 || err != nil {
		t.Errorf("%d shared ones, %v", n, err)
	}
	update := func(id, environment string) error {
		_, err := seen.CliqueTypes.Update(ctx, id, func(ct *model.CliqueType) error { ct.Environment = environment; return nil })
		return err
	}
	must(t, update("of ", ""))
	must(t, update("of mine", "mine"))
	wantCode(t, update("of looked", "mine"), store.Forbidden)
	wantCode(t, update("of mine", "looked"), store.Forbidden)
	wantCode(t, update("of foreign", "mine"), store.NotFound)

	first, err := seen.NextGeneration(ctx, "mine")
	must(t, err)
	if second, err := seen.NextGeneration(ctx, "mine"); err != nil || second <= first {
		t.Errorf("generations %d, %d, %v", first, second, err)
	}
	for name, rights := range map[string]store.Rights{"some": {View: []string{"mine"}}, "all": {EditAll: true}} {
		db := whole.Within(rights)
		_, err := db.Users.Find(ctx, store.Query{})
		wantCode(t, err, store.Forbidden)
		_, err = db.Tokens.Count(ctx)
		wantCode(t, err, store.Forbidden)
		wantCode(t, db.Users.Create(ctx, store.User{Name: "x"}), store.Forbidden)
		_, err = db.Users.Put(ctx, 1, store.User{Name: "x"})
		wantCode(t, err, store.Forbidden)
		_, err = db.Tokens.Delete(ctx)
		wantCode(t, err, store.Forbidden)
		if err := db.Users.PutPart(ctx, "note", 1, map[string]any{"x": map[string]any{}}, false); store.CodeOf(err) != store.Forbidden {
			t.Errorf("who may change %s may do so with nobody's: %v", name, err)
		}
	}
}

func testRightsOfInventories(t *testing.T, d store.Driver) {
	whole, seen := tenants(t, d)
	for _, name := range []string{"", "other"} {
		all, err := whole.Inventory(t.Context(), name)
		must(t, err)
		for _, environment := range []string{"mine", "looked", "foreign"} {
			o := network("net", "web")
			o.Environment = environment
			_, err := all.Objects.Put(t.Context(), 1, o)
			must(t, err)
		}
		inv, err := seen.Inventory(t.Context(), name)
		must(t, err)
		counts, err := inv.Objects.CountBy(t.Context(), store.Environment, store.Is(store.Type, model.TypeNetwork))
		if diff := cmp.Diff(map[string]int{"mine": 1, "looked": 1}, counts); diff != "" || err != nil {
			t.Errorf("objects, %v (-want +got):\n%s", err, diff)
		}
		_, err = inv.OneObject(t.Context(), "foreign", "", "net")
		wantCode(t, err, store.Invalid)
		err = inv.Objects.EachBare(t.Context(), store.Query{}, func(o model.Object, _ map[string]json.RawMessage) error {
			if o.Environment == "foreign" {
				t.Error("an object of another's")
			}
			return nil
		})
		must(t, err)
		_, err = inv.Objects.Delete(t.Context(), store.Is(store.Type, model.TypeNetwork))
		wantCode(t, err, store.Forbidden)
	}
}
