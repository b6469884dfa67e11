package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

// injections are texts that mean something to somebody: to stores, to directories, to spreadsheets, to browsers, to shells,
// to file systems, to terminals.
func injections() []string {
	return []string{
		`{"$ne":1}`, `{"$gt":""}`, `$where: sleep(1000)`, `'; return true; var x='`, `$`, `a.b.$[]`, `\u0000`,
		`.*`, `^(a+)+$`, `[`, `\`, `(?i)LAB`, `%`, `_`, `lab%`, `LA_`,
		`' OR '1'='1`, `"; DROP TABLE scans; --`, `lab' --`, `1; ATTACH DATABASE '/tmp/x' AS x`,
		`*)(uid=*))(|(uid=*`, `*`, `\2a`, `admin)(&)`,
		`=1+1`, `+cmd|' /C calc'!A0`, `-2+3`, `@SUM(1)`, "\t=1",
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `javascript:alert(1)`, `</title><svg/onload=x>`, `{{7*7}}`, `${7*7}`,
		`../../etc/passwd`, `..%2f..%2fetc`, `/etc/passwd`, `C:\x`, `a/b`, `.`, `..`,
		"`id`", `$(id)`, `; id`, "a\nb", "a\r\nSet-Cookie: x=1", "\x1b[2J", "a\x00b",
		"\u202egnp.exe", "\u200b", "é", "e\u0301", "日本語", "👩‍👩‍👧‍👦", "ﬀ", "\ufeff", strings.Repeat("x", 5000), " lab ", "null", "true", "0", "-1", "NaN", "__proto__",
	}
}

// storable are those of them that are text, which the API takes where it takes any text.
func storable() (texts []string) {
	for _, text := range injections() {
		if !strings.ContainsRune(text, 0) && strings.TrimSpace(text) != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// TestInjectionReads: what is asked for is looked for as text. Nothing is found by a text that is no name of anything.
func TestInjectionReads(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, s *site) {
		for _, r := range routes() {
			if r.method != "GET" || r.doc.media == mediaEvents {
				continue
			}
			for _, p := range r.params {
				if p.name == "" || fmt.Sprint(p.schema) != "map[type:string]" || p.name == "projection" || p.name == "next" || p.name == "query" {
					continue
				}
				for _, text := range storable() {
					lookFor(t, s, walk{t, s, r}, p, text)
				}
			}
		}
	})
}

func lookFor(t *testing.T, s *site, w walk, p param, text string) {
	t.Helper()
	name := p.name
	if p.prefix {
		name += "network"
	}
	target := w.target(name, text)
	if p.needed {
		target = strings.Replace(w.target(), url.QueryEscape(name)+"="+right(p), url.QueryEscape(name)+"="+url.QueryEscape(text), 1)
	}
	a := s.call("GET", target, "")
	if a.Code >= 500 {
		t.Errorf("%s: %d %s", target, a.Code, a.Body)
	}
	var found map[string]json.RawMessage
	if a.Code != 200 || json.Unmarshal(a.Body.Bytes(), &found) != nil {
		return
	}
	for key, value := range found {
		var list []any
		if json.Unmarshal(value, &list) == nil && len(list) > 0 && key != "path" {
			t.Errorf("%s finds %s: %.300s", target, key, value)
		}
	}
}

// TestInjectionWrites: what is written comes back as it was, and nothing else has changed.
func TestInjectionWrites(t *testing.T) {
	t.Parallel()
	onBothStores(t, func(t *testing.T, s *site) {
		environments := s.call("GET", "/environment_configs", "").want(200)
		for i, text := range storable() {
			s.writeAndRead(text, i)
		}
		if diff := cmp.Diff(environments, s.call("GET", "/environment_configs", "").want(200)); diff != "" {
			t.Errorf("environments have changed (-want +got):\n%s", diff)
		}
	})
}

// writeAndRead writes a text wherever a route with a body takes one, and reads it again where it was taken.
func (s *site) writeAndRead(text string, i int) {
	s.t.Helper()
	quoted := asJSON(s.t, text)
	for _, r := range routes() {
		if r.doc.body == nil || r.path == "/login" {
			continue
		}
		w := walk{s.t, s, r}
		for key, value := range w.example() {
			body := w.example()
			if _, isText := value.(string); !isText || key == "environment" {
				continue
			}
			body[key] = text
			a := s.call(r.method, w.target(), asJSON(s.t, body))
			if a.Code >= 500 {
				s.t.Errorf("%s %s with %s %s: %d %s", r.method, r.path, key, quoted, a.Code, a.Body)
			}
		}
	}
	made := s.call("POST", "/clique_types", fmt.Sprintf(`{"name":%s,"environment":"lab","focal_point_type":"instance","link_types":["instance-vnic","vnic-vedge"]}`, quoted))
	if made.Code != 201 {
		s.t.Errorf("clique type %s: %d %s", quoted, made.Code, made.Body)
		return
	}
	id := made.want(201)["id"].(string)
	if got := s.call("GET", "/clique_types?id="+id, "").want(200)["name"]; got != text {
		s.t.Errorf("the name %s is read as %q", quoted, got)
	}
	if got := s.call("GET", "/clique_types?name="+url.QueryEscape(text), "").want(200)["clique_types"].([]any); len(got) != 1 {
		s.t.Errorf("%d clique types have the name %s", len(got), quoted)
	}
	s.call("DELETE", "/clique_types/"+id, "").want(200)
	s.object(text)
}

// object puts an object of this name and id into the inventory, as a scan would, and reads it by all that it has.
func (s *site) object(text string) {
	s.t.Helper()
	inv, err := s.db.Inventory(s.t.Context(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	o := model.Object{Environment: "lab", Type: "network", ID: text, Name: text, ObjectName: text, ParentID: "lab", ParentType: "environment",
		IDPath: "/lab/" + text, NamePath: "/lab/" + text, Host: text, Attrs: map[string]any{"note": text}}
	if _, err := inv.Objects.Put(s.t.Context(), 2, o); err != nil {
		s.t.Fatal(err)
	}
	value := url.QueryEscape(text)
	if got := s.call("GET", "/inventory?env_name=lab&type=network&id="+value, "").want(200); got["name"] != text || got["note"] != text {
		s.t.Errorf("the object %q is read as %v", text, got)
	}
	for _, param := range []string{"name", "host", "id_path"} {
		want := value
		if param == "id_path" {
			want = url.QueryEscape(o.IDPath)
		}
		if got := column(s.call("GET", "/inventory?env_name=lab&type=network&"+param+"="+want, "").want(200)["objects"], "id"); len(got) != 1 || got[0] != text {
			s.t.Errorf("by %s %q are found %q", param, text, got)
		}
	}
	if page := s.call("GET", "/monitor", "", "Accept: text/html").Body.String(); strings.Contains(page, "<script>alert") {
		s.t.Errorf("%q is on the page as HTML", text)
	}
}
