package search

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestFiltersHideNothing compares what is found with a look at every object.
func TestFiltersHideNothing(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("abé1-. ")
	word := func(n int) string {
		runes := make([]rune, n)
		for i := range runes {
			runes[i] = letters[random.IntN(len(letters))]
		}
		return string(runes)
	}
	var objects []*object
	for i := range 300 {
		objects = append(objects, &object{id: fmt.Sprint(i), text: "name=" + word(1+random.IntN(6)) + "\nid=" + word(8) + "\n"})
	}
	x := newIndex(objects)
	for range 500 {
		q := ask(word(1 + random.IntN(4)))
		if q.texts[0] == "" {
			continue
		}
		want := 0
		for _, o := range objects {
			if q.match(o).Match < none {
				want++
			}
		}
		if _, got := x.find(q, func(*object) bool { return true }, 0, 1000); got != want {
			t.Errorf("of %q, %d objects are found, want %d", q.texts[0], got, want)
		}
	}
}

func TestBestAttribute(t *testing.T) {
	t.Parallel()
	o := &object{id: "1", text: "name=web-tap\nid=xtap\nport_name=tap\nuuid=tap\n"}
	for typed, want := range map[string]Hit{
		"tap":   {"1", Exact, "port_name", "tap"},
		"web":   {"1", Prefix, "name", "web-tap"},
		"xt":    {"1", Prefix, "id", "xtap"},
		"eb-t":  {"1", Substring, "name", "web-tap"},
		"id":    {ID: "1", Match: none},
		"=web":  {ID: "1", Match: none},
		"-tap":  {"1", Substring, "name", "web-tap"},
		"ap\nx": {ID: "1", Match: none},
	} {
		if got := ask(typed).match(o); got != want {
			t.Errorf("%q: %+v, want %+v", typed, got, want)
		}
	}
}
