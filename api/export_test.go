package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// exported is a line of an export.
type exported struct {
	Collection string         `json:"collection"`
	Document   map[string]any `json:"document"`
}

func (s *site) export(query string) (lines []exported, raw []byte) {
	s.t.Helper()
	a := s.call("GET", "/export?env_name=lab"+query, "")
	if a.Code != 200 || a.Header().Get("Content-Type") != "application/x-ndjson" {
		s.t.Fatalf("status %d, type %s: %s", a.Code, a.Header().Get("Content-Type"), a.Body)
	}
	raw = bytes.Clone(a.Body.Bytes())
	for scanner := bufio.NewScanner(a.Body); scanner.Scan(); {
		var line exported
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			s.t.Fatalf("line %q: %v", scanner.Text(), err)
		}
		lines = append(lines, line)
	}
	return lines, raw
}

// TestExport: all documents are there once, in their order, and hostile names are only text.
func TestExport(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	if lines, _ := s.export("&inventory=inventory"); len(lines) != 10 {
		t.Fatalf("%d lines, want 10", len(lines))
	}
	lines, raw := s.export("")
	var want []string
	for collection, ids := range map[string][]string{"inventory": idsOf(c.objects), "links": {c.links[0].ID, c.links[1].ID}} {
		slices.Sort(ids)
		for _, id := range ids {
			want = append(want, collection+" "+id)
		}
	}
	slices.SortStableFunc(want, func(a, b string) int { return strings.Compare(a[:4], b[:4]) })
	want = append(want, "cliques "+c.clique.ID)
	var got []string
	for _, l := range lines {
		got = append(got, fmt.Sprint(l.Collection, " ", l.Document["_id"]))
		if l.Document["type"] == "instance" && l.Document["name"] != hostile {
			t.Errorf("the instance's name is %q", l.Document["name"])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("other documents (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(c.clique.Links, column(lines[9].Document["links_detailed"], "_id")); diff != "" {
		t.Errorf("other links in the clique (-want +got):\n%s", diff)
	}
	if bytes.Contains(raw, []byte("<script")) || bytes.Contains(raw, []byte("</")) {
		t.Errorf("markup in the export: %s", raw)
	}
	if _, again := s.export(""); !bytes.Equal(raw, again) {
		t.Error("the second export is another one")
	}
}

func idsOf(objects []model.Object) (ids []string) {
	for _, o := range objects {
		ids = append(ids, o.DBID())
	}
	return ids
}

// TestExportManyCliques: more cliques than are read at a time, and no document twice.
func TestExportManyCliques(t *testing.T) {
	t.Parallel()
	s, c := withCloud(t)
	inv, err := s.db.Inventory(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 249 {
		clique := c.clique
		clique.FocalPoint = model.DBID("focal", fmt.Sprint(i))
		clique.ID = model.CliqueID("lab", clique.FocalPoint)
		if _, err := inv.Cliques.Put(t.Context(), 1, clique); err != nil {
			t.Fatal(err)
		}
	}
	lines, _ := s.export("")
	seen := map[string]bool{}
	for _, l := range lines {
		if l.Collection == "cliques" {
			seen[l.Document["_id"].(string)] = len(l.Document["links_detailed"].([]any)) == 2
		}
	}
	if len(lines) != 259 || len(seen) != 250 {
		t.Errorf("%d lines with %d cliques, want 259 with 250", len(lines), len(seen))
	}
	for id, whole := range seen {
		if !whole {
			t.Errorf("clique %s has not its two links", id)
		}
	}
}
