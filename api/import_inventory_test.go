package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

const importAlt = "/import/inventory?env_name=lab&inventory=alt"

// exportText is what an inventory of the lab has.
func (s *site) exportText(inventory string) string {
	s.t.Helper()
	_, raw := s.export("&inventory=" + inventory)
	return string(raw)
}

// leftOver is what an inventory has of the lab, whether it can be opened or not.
func (s *site) leftOver(inventory string) (n int) {
	s.t.Helper()
	inv, err := s.db.Inventory(s.t.Context(), inventory)
	must(s.t, err)
	objects, err1 := inv.Objects.Count(s.t.Context())
	links, err2 := inv.Links.Count(s.t.Context())
	cliques, err3 := inv.Cliques.Count(s.t.Context())
	for _, err := range []error{err1, err2, err3} {
		must(s.t, err)
	}
	scans, err := s.db.Scans.Count(s.t.Context())
	must(s.t, err)
	return objects + links + cliques + scans
}

// TestImportInventory: an export that was imported and exported again is the same, line by line, on both stores: names and
// attributes that mean something to a store, and what monitoring says, included.
func TestImportInventory(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, s *site) {
		inv, err := s.db.Inventory(t.Context(), "")
		must(t, err)
		root := model.Object{Environment: "lab", Type: model.TypeEnvironment, ID: "lab", IDPath: "/lab"}
		odd := object(&root, model.TypeNetwork, hostile+"\x00", map[string]any{"$where": 1, "a.b": []any{nil, 1.5e300, true}, "": map[string]any{"$gt": ""}})
		_, err = inv.Objects.Put(t.Context(), 1, odd)
		must(t, err)
		must(t, inv.Objects.PutPart(t.Context(), model.PartStatus, 1, map[string]any{odd.DBID(): map[string]any{"status": "Warning"}}, false))
		before := s.exportText("inventory")

		done := s.call("POST", importAlt+"&dry_run=true", before).want(http.StatusCreated)
		if done["written"] != false || done["objects"] != 8.0 || s.leftOver("alt") != 0 {
			t.Errorf("the dry run says %v and leaves %d documents", done, s.leftOver("alt"))
		}
		s.call("GET", "/export?env_name=lab&inventory=alt", "").want(http.StatusBadRequest)
		done = s.call("POST", importAlt, before).want(http.StatusCreated)
		if done["written"] != true || done["objects"] != 8.0 || done["links"] != 2.0 || done["cliques"] != 1.0 {
			t.Errorf("imported is %v", done)
		}
		if after := s.exportText("alt"); after != before {
			t.Errorf("exported again it is\n%s\nand was\n%s", after, before)
		}
		got := s.call("POST", importAlt, before).want(http.StatusConflict)["error"].(map[string]any)["message"].(string)
		if !strings.Contains(got, "has 8 objects, 2 links and 1 cliques of lab") {
			t.Errorf("importing again is refused with %s", got)
		}
		s.call("DELETE", "/inventory?env_name=lab&inventory=alt", "").want(http.StatusOK)
		s.call("POST", importAlt, before).want(http.StatusCreated)
		scans := s.call("GET", "/scans?env_name=lab", "").want(http.StatusOK)["scans"]
		if statuses := column(scans, "status"); !slices.Equal(statuses, []string{model.ScanCompleted, model.ScanCompleted}) {
			t.Errorf("the imports are %v", scans)
		}
	})
}

// TestImportAsInventory: of an environment that has none yet; a second time it has one.
func TestImportAsInventory(t *testing.T) {
	t.Parallel()
	from, _ := withCloud(t)
	text := from.exportText("inventory")
	s := newSite(t)
	s.call("POST", "/environment_configs", environmentDoc).want(http.StatusCreated)
	s.call("POST", "/import/inventory?env_name=lab&inventory=inventory", text).want(http.StatusCreated)
	if got := s.exportText("inventory"); got != text {
		t.Errorf("it is %s", got)
	}
	s.call("POST", "/import/inventory?env_name=lab&inventory=inventory", text).want(http.StatusConflict)
}

// TestImportInventoryRefused: what is wrong is told by line, key, value and what would be right, and nothing is written.
func TestImportInventoryRefused(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	text := s.exportText("inventory")
	lines := strings.SplitAfter(text, "\n")
	changed := func(n int, old, new string) string {
		if !strings.Contains(lines[n-1], old) {
			t.Fatalf("line %d has no %s: %s", n, old, lines[n-1])
		}
		all := slices.Clone(lines)
		all[n-1] = strings.Replace(all[n-1], old, new, 1)
		return strings.Join(all, "")
	}
	tests := map[string]struct{ body, field, message string }{
		"nothing":             {" \n\n", "", "the body is empty: it must be the JSON lines of an export"},
		"no JSON":             {text + "{", "", "line 11: it is not JSON"},
		"no object":           {"\n[]", "", "line 2: it is JSON, but not an object"},
		"collection":          {changed(3, `"inventory"`, `"moons"`), "collection", `line 3: collection: must be one of inventory, links, cliques, not "moons"`},
		"no document":         {`{"collection":"links"}`, "document", "line 1: document: must be an object"},
		"environment":         {changed(2, `"environment":"lab"`, `"environment":"prod"`), "document.environment", `line 2: document.environment: must be "lab", whose inventory this is to be, not "prod"`},
		"type of object":      {changed(1, `"type":"`, `"type":"a b`), "document.type", "line 1: document.type: must have letters, digits and _, and not be \"a b"},
		"id":                  {changed(1, `"_id":"`, `"_id":"00`), "document._id", "line 1: document._id: must be \""},
		"kind of value":       {changed(1, `"show_in_tree":true`, `"show_in_tree":"yes"`), "document.show_in_tree", "line 1: document.show_in_tree: must be true or false, not a JSON string"},
		"time":                {changed(1, `"last_scanned":"2026-03-04`, `"last_scanned":"yesterday`), "document.last_scanned", "line 1: document.last_scanned: must be a time such as 2026-01-31T02:00:00Z, not \"yesterday"},
		"state":               {changed(8, `"state":"`, `"state":"side`), "document.state", "line 8: document.state: must be one of up, down, not \"side"},
		"link type":           {changed(8, `"link_type":"`, `"link_type":"/`), "document.link_type", "line 8: document.link_type: must be SOURCE-TARGET"},
		"weight":              {changed(9, `"link_weight":0`, `"link_weight":0.5`), "document.link_weight", "line 9: document.link_weight: must be an integer, not a JSON number 0.5"},
		"unknown key":         {changed(9, `"link_weight"`, `"weight"`), "document", `line 9: document: unknown field "weight"`},
		"focal point":         {changed(10, c.clique.FocalPoint, "vm-1"), "document.focal_point", "line 10: document.focal_point: must be a document's id, which has 24 hexadecimal digits, and not be \"vm-1\""},
		"a line twice":        {text + lines[0], "document._id", `is in line 1 already`},
		"longer than allowed": {`{"collection":"` + strings.Repeat("x", 16<<20), "", "line 1: it is longer than 16777216 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := s.call("POST", importAlt, tt.body).want(http.StatusBadRequest)["error"].(map[string]any)
			field, _ := got["field"].(string)
			if message := got["message"].(string); field != tt.field || !strings.Contains(message, tt.message) {
				t.Errorf("refused with %q: %.300s", field, message)
			}
		})
	}
	for target, status := range map[string]int{"/import/inventory?env_name=nowhere&inventory=alt": 400, "/import/inventory?env_name=lab&inventory=a.b": 400} {
		s.call("POST", target, text).want(status)
	}
	if n := s.leftOver("alt"); n != 0 {
		t.Errorf("%d documents are written", n)
	}
}

// many is an export of so many objects, and what comes behind them.
func many(n int, last string) string {
	var text strings.Builder
	for i := range n {
		id := fmt.Sprintf("net-%d", i)
		fmt.Fprintf(&text, `{"collection":"inventory","document":{"_id":%q,"environment":"lab","type":"network","id":%q,"name":"n"}}`+"\n", model.DBID("lab", "network", id), id)
	}
	return text.String() + last
}

// TestImportInventoryIsAllOrNothing: what was written of an import that fails late goes again, and cannot be opened before.
func TestImportInventoryIsAllOrNothing(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, s *site) {
		s.call("POST", importAlt, many(2500, "{")).want(http.StatusBadRequest)
		if n := s.leftOver("alt"); n != 0 {
			t.Errorf("%d documents are left", n)
		}
		seen := false
		body := io.MultiReader(strings.NewReader(many(1500, "")), readerFunc(func([]byte) (int, error) {
			seen = s.leftOver("alt") == 1001 // with its record
			s.call("GET", "/inventory?env_name=lab&inventory=alt", "").want(http.StatusBadRequest)
			return 0, io.ErrUnexpectedEOF // the client has gone away
		}))
		if code := s.upload(importAlt, body); code != http.StatusBadRequest || !seen || s.leftOver("alt") != 0 {
			t.Errorf("status %d; there was something before: %v; left are %d documents", code, seen, s.leftOver("alt"))
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (s *site) upload(target string, body io.Reader) int {
	r := httptest.NewRequestWithContext(s.t.Context(), "POST", target, body)
	r.Header.Set("X-Auth-Token", localToken)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code
}

// TestImportInventoryAfterACrash: what a server left that was killed goes with the next import.
func TestImportInventoryAfterACrash(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	inv, err := s.db.Inventory(t.Context(), "alt")
	must(t, err)
	generation, err := s.db.NextGeneration(t.Context(), "lab")
	must(t, err)
	must(t, s.db.Scans.Create(t.Context(), model.Scan{ID: store.NewID(), Environment: "lab", Status: model.ScanFailed, OriginType: model.OriginImport, Generation: generation,
		ScanOptions: model.ScanOptions{Inventory: "alt"}}))
	_, err = inv.Objects.Put(t.Context(), generation, model.Object{Environment: "lab", Type: "network", ID: "half"})
	must(t, err)
	text := s.exportText("inventory")
	s.call("POST", importAlt, text).want(http.StatusCreated)
	if got := s.exportText("alt"); got != text {
		t.Errorf("it is %s", got)
	}
}

// TestImportInventoryAgainstOthers: while a scan writes there it is refused; and one whose place somebody else takes is not
// half there.
func TestImportInventoryAgainstOthers(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	text := s.exportText("inventory")
	scan := model.Scan{ID: store.NewID(), Environment: "lab", Status: model.ScanRunning, ScanOptions: model.ScanOptions{Inventory: "alt"}}
	during := func(do func()) io.Reader {
		return io.MultiReader(strings.NewReader(many(1500, "")), readerFunc(func([]byte) (int, error) { do(); return 0, io.EOF }))
	}
	begins := func() { must(t, s.db.Scans.Create(t.Context(), scan)) }
	if code := s.upload(importAlt, during(begins)); code != http.StatusConflict {
		t.Errorf("a scan that begins meanwhile: status %d", code)
	}
	got := s.call("POST", importAlt, text).want(http.StatusConflict)["error"].(map[string]any)["message"]
	if got != "scan "+scan.ID+" writes into inventory alt: wait until it has ended" {
		t.Errorf("refused with %v", got)
	}
	_, err := s.db.Scans.Delete(t.Context(), store.IDs(scan.ID))
	must(t, err)
	other := func() { s.call("POST", importAlt, text).want(http.StatusCreated) }
	if code := s.upload(importAlt, during(other)); code != http.StatusConflict {
		t.Errorf("another import meanwhile: status %d", code)
	}
	if s.exportText("alt") != text {
		t.Errorf("of two imports at once there is %s", s.exportText("alt"))
	}
}

// TestImportInventoryTakesRights: of the environment, whatever the lines say.
func TestImportInventoryTakesRights(t *testing.T) {
	t.Parallel()
	s := world(t, mine, foreign)
	editor, viewer := s.as("editor"), s.as("viewer")
	target := mine.fill("/import/inventory?env_name=$env&inventory=new")
	s.call("POST", target, mine.fill(anExportedLine), viewer).want(http.StatusForbidden)
	s.call("POST", target, foreign.fill(anExportedLine), editor).want(http.StatusBadRequest)
	s.call("POST", foreign.fill("/import/inventory?env_name=$env&inventory=new"), foreign.fill(anExportedLine), editor).want(http.StatusBadRequest)
	s.call("POST", target, mine.fill(anExportedLine), editor).want(http.StatusCreated)
}

// TestImportInventoryLimits: it may be longer than other bodies, but not longer than is configured; and who is refused early
// is told why, however much there is to send.
func TestImportInventoryLimits(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	web := httptest.NewServer(s.handler)
	t.Cleanup(web.Close)
	post := func(target, body string) (int, string) {
		r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), "POST", web.URL+target, strings.NewReader(body))
		must(t, err)
		r.Header.Set("X-Auth-Token", localToken)
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		defer answer.Body.Close()
		var text bytes.Buffer
		_, err = text.ReadFrom(answer.Body)
		must(t, err)
		return answer.StatusCode, text.String()
	}
	body := many(20_000, "")
	if len(body) < 2*maxBody {
		t.Fatalf("%d bytes are no long body", len(body))
	}
	if status, text := post(importAlt, body); status != http.StatusCreated {
		t.Errorf("status %d: %s", status, text)
	}
	if status, text := post(importAlt, body); status != http.StatusConflict {
		t.Errorf("status %d: %s", status, text)
	}
	s.configure(func(c *Config) { c.ImportLimit = 1 << 20 })
	s.call("POST", "/import/inventory?env_name=lab&inventory=other", body).wantError(413, "413", "Request Entity Too Large", "", "the body is longer than 1048576 bytes")
	if n := s.leftOver("other"); n != 1 { // the record of the one before
		t.Errorf("%d documents are left", n)
	}
}
