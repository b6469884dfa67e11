package api

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"calipso.io/calipso/api/openapi"
)

// TestFuzz sends requests that are made of the document by chance, right and wrong ones: nothing gives a 5xx, and every
// answer is as described. CALIPSO_API_FUZZ says how many requests there are for each store.
func TestFuzz(t *testing.T) {
	t.Parallel()
	n := 300
	if text := os.Getenv("CALIPSO_API_FUZZ"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("CALIPSO_API_FUZZ: %v", err)
		}
	}
	onBothStores(t, func(t *testing.T, s *site) {
		seed := uint64(1)
		f := &fuzzer{t: t, s: s, Rand: rand.New(rand.NewPCG(seed, 0)), routes: slices.DeleteFunc(routes(), func(r route) bool { return r.doc.media == mediaEvents })} // these would not end
		statuses := map[int]int{}
		for i := range n {
			if i%200 == 199 { // what was deleted is there again
				s.call("POST", "/environment_configs?force=true", environmentDoc)
				smallCloud("lab").put(t, s.db, "")
			}
			statuses[f.request()]++
		}
		t.Logf("seed %d, %d requests, by status: %v", seed, n, statuses)
		if statuses[200]+statuses[201] < n/20 || statuses[400] < n/20 {
			t.Errorf("the requests are no mixture of right and wrong ones: %v", statuses)
		}
	})
}

// fuzzer makes requests.
type fuzzer struct {
	*rand.Rand
	t      *testing.T
	s      *site
	routes []route
}

// request sends one, and returns the status of its answer.
func (f *fuzzer) request() int {
	r := f.routes[f.IntN(len(f.routes))]
	method, body := r.method, ""
	if f.IntN(30) == 0 {
		method = f.one("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
	}
	if r.doc.body != nil {
		body = f.body(r)
	}
	target := f.path(r.path) + "?" + f.query(r.params).Encode()
	a := f.s.call(method, target, body, "Accept: "+f.one("*/*", "application/json", "text/html", mediaProblem))
	if a.Code >= 500 {
		f.t.Errorf("%s %s: %d\nbody: %.500s\nanswer: %.500s", method, target, a.Code, body, a.Body)
	}
	return a.Code
}

func (f *fuzzer) one(values ...string) string { return values[f.IntN(len(values))] }

func (f *fuzzer) path(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = url.PathEscape(f.text())
		}
	}
	return strings.Join(parts, "/")
}

func (f *fuzzer) query(params []param) url.Values {
	q := url.Values{}
	for _, p := range params {
		if p.name == "" || !p.needed && f.IntN(4) > 0 {
			continue
		}
		name := p.name
		if p.prefix {
			name += f.one("network", "mac_address", "$where", "a.b")
		}
		for range 1 + f.IntN(8)/7 {
			q.Add(name, f.value(p))
		}
	}
	if f.IntN(40) == 0 {
		q.Add(f.text(), f.text())
	}
	return q
}

// value is mostly one that the parameter may have.
func (f *fuzzer) value(p param) string {
	if values, ok := p.schema["enum"].([]string); ok && f.IntN(10) > 0 {
		return f.one(values...)
	}
	if f.IntN(8) == 0 || p.schema["type"] == "string" && len(p.schema) == 1 {
		return f.text()
	}
	return f.one(right(p), "0", "2147483647", "2026-03-04T12:00:00+01:00")
}

// text is a text that is known, or that means something somewhere.
func (f *fuzzer) text() string {
	c := smallCloud("lab")
	object := c.objects[f.IntN(len(c.objects))]
	if f.IntN(3) > 0 {
		return f.one("lab", "lab", "lab", object.ID, object.DBID(), object.Type, object.IDPath, c.links[0].ID, c.links[0].LinkType, c.clique.ID, "inventory", "admin", "log_levels")
	}
	return f.one(injections()...)
}

// body is the example with some of its keys taken away or replaced.
func (f *fuzzer) body(r route) string {
	w := walk{f.t, f.s, r}
	if f.IntN(20) == 0 {
		return f.one("", "{", "[]", "null", `{"a":{"a":{"a":[]}}}`, strings.Repeat("[", 20000), `{"environment":"\ud800"}`)
	}
	body := w.example()
	if r.path != "/login" {
		properties, _ := w.schema()["properties"].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(properties)) { // in an order that the seed gives again
			switch f.IntN(6) {
			case 0:
				body[key] = f.thing(properties[key].(map[string]any), 3)
			case 1:
				delete(body, key)
			}
		}
	}
	if f.IntN(3) > 0 {
		if _, ok := body["environment"]; ok {
			body["environment"] = "lab"
		}
	}
	return asJSON(f.t, body)
}

// thing is mostly what a schema allows.
func (f *fuzzer) thing(schema openapi.Schema, depth int) any {
	if depth == 0 || f.IntN(10) == 0 {
		return []any{nil, 7, -1.5e300, true, f.text(), []any{}, []any{nil}, map[string]any{}, map[string]any{"$ne": 1}}[f.IntN(9)]
	}
	if values, ok := schema["enum"].([]any); ok {
		return values[f.IntN(len(values))]
	}
	switch kind := fmt.Sprint(schema["type"]); {
	case strings.Contains(kind, "array"):
		items, _ := schema["items"].(map[string]any)
		return []any{f.thing(items, depth-1), f.thing(items, depth-1)}
	case strings.Contains(kind, "object"):
		return map[string]any{"name": f.text(), f.text(): f.text()}
	case kind == "boolean":
		return f.IntN(2) == 0
	case kind == "integer":
		return f.IntN(1000) - 1
	}
	return f.text()
}
