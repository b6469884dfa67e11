package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/store"
)

func testConditions(t *testing.T, d store.Driver) {
	opened(t, d)
	other := thing("e", 9, "br-int")
	other.Fields[store.Environment], other.Fields[store.Type] = "other", ""
	put(t, d, thing("a", 1, "br-int"), thing("b", 2, "BR-ex"), thing("c", 3, ""), thing("d", 4, "tap0.br"), other)
	for name, test := range map[string]struct {
		where []store.Cond
		want  []string
	}{
		"none":                 {nil, []string{"a", "b", "c", "d", "e"}},
		"is":                   {[]store.Cond{store.Is(store.Name, "br-int")}, []string{"a", "e"}},
		"is: other case":       {[]store.Cond{store.Is(store.Name, "br-INT")}, nil},
		"is one of":            {[]store.Cond{store.Is(store.Name, "BR-ex", "", "x")}, []string{"b", "c"}},
		"is nothing":           {[]store.Cond{store.Is(store.Name)}, nil},
		"is empty":             {[]store.Cond{store.Is(store.Type, "")}, []string{"e"}},
		"is not":               {[]store.Cond{store.IsNot(store.Name, "br-int")}, []string{"b", "c", "d"}},
		"is none of":           {[]store.Cond{store.IsNot(store.Name, "br-int", "")}, []string{"b", "d"}},
		"is not nothing":       {[]store.Cond{store.IsNot(store.Name)}, []string{"a", "b", "c", "d", "e"}},
		"prefix":               {[]store.Cond{store.HasPrefix(store.Name, "br")}, []string{"a", "e"}},
		"prefix: whole":        {[]store.Cond{store.HasPrefix(store.Name, "br-int")}, []string{"a", "e"}},
		"prefix: longer":       {[]store.Cond{store.HasPrefix(store.Name, "br-int2")}, nil},
		"prefix: empty":        {[]store.Cond{store.HasPrefix(store.Name, "")}, []string{"a", "b", "c", "d", "e"}},
		"contains":             {[]store.Cond{store.Contains(store.Name, "bR")}, []string{"a", "b", "d", "e"}},
		"contains: empty":      {[]store.Cond{store.Contains(store.Name, "")}, []string{"a", "b", "c", "d", "e"}},
		"greater":              {[]store.Cond{store.Greater(store.Name, "br-int")}, []string{"d"}},
		"greater than empty":   {[]store.Cond{store.Greater(store.Name, "")}, []string{"a", "b", "d", "e"}},
		"less":                 {[]store.Cond{store.Less(store.Name, "br-int")}, []string{"b", "c"}},
		"less than empty":      {[]store.Cond{store.Less(store.Name, "")}, nil},
		"older":                {[]store.Cond{store.Older(3)}, []string{"a", "b"}},
		"since":                {[]store.Cond{store.Since(3)}, []string{"c", "d", "e"}},
		"ids":                  {[]store.Cond{store.IDs("d", "a", "x", "")}, []string{"a", "d"}},
		"no ids":               {[]store.Cond{store.IDs()}, nil},
		"all must hold":        {[]store.Cond{store.Is(store.Environment, "env"), store.Contains(store.Name, "br"), store.Older(4)}, []string{"a", "b"}},
		"two on one field":     {[]store.Cond{store.Contains(store.Name, "br"), store.IsNot(store.Name, "br-int"), store.Less(store.Name, "b")}, []string{"b"}},
		"contradiction":        {[]store.Cond{store.Is(store.Name, "br-int"), store.Is(store.Name, "BR-ex")}, nil},
		"generations and type": {[]store.Cond{store.Since(2), store.Older(4), store.Is(store.Type, "thing")}, []string{"b", "c"}},
	} {
		t.Run(name, func(t *testing.T) { wantIDs(t, d, store.Where(test.where...), test.want...) })
	}
}

// hostile are names that mean something to a database, a pattern or an encoding.
var hostile = [...]string{"%", "_", "*", ".", "?", "$", "$name", "$f.name", "$$ROOT", `"`, `'`, `\`, `\\`, "/", "(", ")", "[a-z]", "{}", "^", "|", "+",
	".*", "a|b", `'; DROP TABLE things; --`, `{"$gt":""}`, `$where`, "%2E", "\x01", "\n", " ", "é", "É", "ß", "日本", "😀", "\uffff", "\U0010ffff",
	"null", "0", "NaN", "\u2028", "-", "ﬁ", "İ"}

func testHostileValues(t *testing.T, d store.Driver) {
	opened(t, d)
	var records []store.Record
	for i, name := range hostile {
		records = append(records, thing(fmt.Sprintf("%02d", i), 1, "<"+name+">"))
	}
	records = append(records, thing("plain", 1, "<plain>"))
	put(t, d, records...)
	for i, name := range hostile {
		id := fmt.Sprintf("%02d", i)
		for what, cond := range map[string]store.Cond{
			"is": store.Is(store.Name, "<"+name+">"), "is one of": store.Is(store.Name, "<"+name+">", "x"),
			"prefix": store.HasPrefix(store.Name, "<"+name+">"), "contains": store.Contains(store.Name, "<"+name+">"),
		} {
			if diff := cmp.Diff([]string{id}, ids(find(t, d, store.Where(cond)))); diff != "" {
				t.Errorf("%q, %s (-want +got):\n%s", name, what, diff)
			}
		}
		if n := len(find(t, d, store.Where(store.IsNot(store.Name, "<"+name+">")))); n != len(hostile) {
			t.Errorf("%q, is not: %d documents, want %d", name, n, len(hostile))
		}
		if n := len(find(t, d, store.Where(store.Contains(store.Name, name)))); n == 0 || n == len(records) {
			t.Errorf("%q, contains: %d documents", name, n)
		}
	}
	testHostileIDs(t, d)
}

func testHostileIDs(t *testing.T, d store.Driver) {
	for _, id := range hostile {
		put(t, d, thing(id, 2, "by id"))
		putPart(t, d, "host", 2, false, map[string]string{id: `{"x":1}`})
		wantParts(t, d, id, map[string]string{"host": `{"x":1}`})
	}
	n, err := d.Delete(t.Context(), things(), store.Where(store.IDs(hostile[:]...)))
	if err != nil || n != len(hostile) {
		t.Errorf("%d documents are deleted by id (%v), want %d", n, err, len(hostile))
	}
}

func testLong(t *testing.T, d store.Driver) {
	opened(t, d)
	long := strings.Repeat("x/", 4000)
	put(t, d, thing("a", 1, long+"1"), thing("b", 1, long+"2"), thing("c", 1, "short"))
	wantIDs(t, d, store.Where(store.Is(store.Name, long+"2")), "b")
	wantIDs(t, d, store.Where(store.HasPrefix(store.Name, long)), "a", "b")
	wantIDs(t, d, store.Where(store.Contains(store.Name, "X/1")), "a")
	wantIDs(t, d, store.Where(store.Contains(store.Name, long+"2")), "b")
	wantIDs(t, d, store.Where(store.Less(store.Name, long+"2"), store.Greater(store.Name, "short")), "a")
	wantIDs(t, d, store.Where(store.Is(store.Name, strangers(5_000, "short")...)), "c")
	wantIDs(t, d, store.Where(store.IDs(strangers(2_000, "b")...)), "b")
	wantIDs(t, d, store.Where(store.IsNot(store.Name, strangers(2_000, "short")...)), "a", "b")
}

// strangers makes a list of n values that no document has, with one more at its end.
func strangers(n int, last string) []string {
	list := make([]string, n, n+1)
	for i := range list {
		list[i] = fmt.Sprintf("stranger-%05d", i)
	}
	return append(list, last)
}

func testUnknownFields(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	each := func(store.Record) error { return nil }
	bad := store.Where(store.Is(`host" OR 1=1 --`, "x"))
	wantCode(t, d.Find(t.Context(), spec, bad, each), store.Invalid)
	wantCode(t, d.Find(t.Context(), spec, store.Query{Sort: []store.Order{{By: store.Host}}}, each), store.Invalid)
	_, err := d.Count(t.Context(), spec, store.Query{}, store.Host)
	wantCode(t, err, store.Invalid)
	_, err = d.Delete(t.Context(), spec, bad)
	wantCode(t, err, store.Invalid)
}

func testSort(t *testing.T, d store.Driver) {
	opened(t, d)
	put(t, d, thing("e", 1, "b"), thing("d", 1, "a"), thing("c", 1, "B"), thing("b", 1, "é"), thing("a", 1, "b"), thing("f", 1, ""), thing("g", 1, "😀"), thing("h", 1, "\uffff"))
	byName := []store.Order{{By: store.Name}}
	down := []store.Order{{By: store.Type}, {By: store.Name, Desc: true}}
	for name, test := range map[string]struct {
		query store.Query
		want  string
	}{
		"by id":            {store.Query{}, "abcdefgh"},
		"by name":          {store.Query{Sort: byName}, "fcdaebhg"},
		"down":             {store.Query{Sort: down}, "ghbaedcf"},
		"limit":            {store.Query{Sort: byName, Limit: 2}, "fc"},
		"skip":             {store.Query{Sort: byName, Skip: 5}, "bhg"},
		"skip and limit":   {store.Query{Sort: byName, Skip: 2, Limit: 3}, "dae"},
		"skip beyond":      {store.Query{Skip: 9}, ""},
		"limit beyond":     {store.Query{Skip: 7, Limit: 9}, "h"},
		"with a condition": {store.Query{Where: []store.Cond{store.Is(store.Name, "b", "B")}, Sort: down, Skip: 1}, "ec"},
	} {
		t.Run(name, func(t *testing.T) { wantIDs(t, d, test.query, strings.Split(test.want, "")...) })
	}
}

func testPages(t *testing.T, d store.Driver) {
	opened(t, d)
	var records []store.Record
	for i := range 25 {
		records = append(records, thing(fmt.Sprintf("%c-%02d", 'A'+rune(i%7)*5, i), 1, fmt.Sprint(i%2)))
	}
	put(t, d, records...)
	want := ids(find(t, d, store.Where(store.Is(store.Name, "1"))))
	got := []string{}
	for after := ""; ; {
		page := ids(find(t, d, store.Query{Where: []store.Cond{store.Is(store.Name, "1")}, After: after, Limit: 5}))
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		after = page[len(page)-1]
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 12 {
		t.Errorf("pages don't add up to the whole (-want +got):\n%s", diff)
	}
}

func testCount(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	count := func(by store.Field, conds ...store.Cond) map[string]int {
		n, err := d.Count(t.Context(), spec, store.Where(conds...), by)
		must(t, err)
		return n
	}
	check := func(want, got map[string]int) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("wrong counts (-want +got):\n%s", diff)
		}
	}
	check(map[string]int{"": 0}, count(""))
	check(map[string]int{}, count(store.Name))
	put(t, d, thing("a", 1, "x"), thing("b", 1, "$x.y"), thing("c", 2, ""), thing("d", 2, "x"), thing("e", 3, "X"))
	check(map[string]int{"": 5}, count(""))
	check(map[string]int{"": 2}, count("", store.Is(store.Name, "x")))
	check(map[string]int{"x": 2, "$x.y": 1, "": 1, "X": 1}, count(store.Name))
	check(map[string]int{"": 1, "x": 1}, count(store.Name, store.Since(2), store.Older(3)))
}

func testDelete(t *testing.T, d store.Driver) {
	spec := opened(t, d)
	put(t, d, thing("a", 1, "x"), thing("b", 2, "x"), thing("c", 2, "y"), thing("d", 3, "y"))
	for _, step := range []struct {
		where   []store.Cond
		deleted int
		left    string
	}{
		{[]store.Cond{store.Is(store.Name)}, 0, "abcd"},
		{[]store.Cond{store.IDs("nobody")}, 0, "abcd"},
		{[]store.Cond{store.Is(store.Name, "x"), store.Older(2)}, 1, "bcd"},
		{[]store.Cond{store.IDs("c", "d"), store.Is(store.Name, "y")}, 2, "b"},
		{nil, 1, ""},
	} {
		n, err := d.Delete(t.Context(), spec, store.Where(step.where...))
		if err != nil || n != step.deleted {
			t.Errorf("%d are deleted (%v), want %d", n, err, step.deleted)
		}
		wantIDs(t, d, store.Query{}, strings.Split(step.left, "")...)
	}
}
