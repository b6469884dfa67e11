package auth

import "testing"

func TestNamed(t *testing.T) {
	t.Parallel()
	list := []string{"ann", "group:netops", "group:"}
	for _, tt := range []struct {
		who  Identity
		want bool
	}{
		{Identity{User: "ann"}, true},
		{Identity{User: "Ann"}, false},
		{Identity{User: "bob"}, false},
		{Identity{User: "bob", Groups: []string{"users", "netops"}}, true},
		{Identity{User: "bob", Groups: []string{"ann", "group:netops"}}, false},
		{Identity{User: "group:netops"}, false},
		{Identity{}, false},
	} {
		if got := tt.who.Named(list); got != tt.want {
			t.Errorf("%+v: %v", tt.who, got)
		}
	}
	if (Identity{}).Named([]string{""}) {
		t.Error("a blank entry names who has no name")
	}
}
