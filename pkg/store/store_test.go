package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrefixEnd(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"a": "b", "br-": "br.", "az": "a{", "é": "ê", "\u007f": "\u0080", "\ud7ff": "\ue000", "a\U0010ffff": "b", "\uffff": "\U00010000",
	} {
		end, ok := PrefixEnd(prefix)
		if end != want || !ok || end <= prefix {
			t.Errorf("after all that begin with %q comes %q (%v), want %q", prefix, end, ok, want)
		}
	}
	for _, prefix := range []string{"", "\U0010ffff", "\U0010ffff\U0010ffff"} {
		if end, ok := PrefixEnd(prefix); ok {
			t.Errorf("%q has an end: %q", prefix, end)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("outer: %w", Errorf(Unavailable, "read %s: %w", "x", io.ErrUnexpectedEOF))
	if err.Error() != "outer: read x: unexpected EOF" || CodeOf(err) != Unavailable || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v with the code %q", err, CodeOf(err))
	}
	err = &Error{Code: Invalid, Message: "name", Err: io.EOF}
	if err.Error() != "name: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	if code := CodeOf(context.Canceled); code != "" {
		t.Errorf("a foreign error has the code %q", code)
	}
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ doc, part, want string }{
		{`{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		{`{"a":1}`, `{"a":{"x":2}}`, `{"a":{"x":2}}`},
		{`{"a":{"y":1}}`, `{"a":{"x":2}}`, `{"a":{"x":2}}`},
		{`{}`, `{"b":2}`, `{"b":2}`},
		{`{"a":1}`, `{}`, `{"a":1}`},
		{` { } `, " {\n}\n", `{}`},
		{"{\"a\":\"}\"\n}\n", ` { "b":"{" } `, `{"a":"}","b":"{"}`},
	} {
		var got, want map[string]any
		_ = json.Unmarshal([]byte(test.want), &want)
		if err := json.Unmarshal(overlay([]byte(test.doc), []byte(test.part)), &got); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s with %s is %v (%v), want %s", test.doc, test.part, got, err, test.want)
		}
	}
	for _, part := range []string{"", "x", "[1]", `"text"`, "null"} {
		var got map[string]any
		if err := json.Unmarshal(overlay([]byte(`{"a":1}`), []byte(part)), &got); err == nil {
			t.Errorf("%q is taken for a part: %v", part, got)
		}
	}
}
