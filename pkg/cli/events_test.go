package cli_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/event/feed"
	"calipso.io/calipso/pkg/model"
)

// TestEventsTail: what becomes of an environment's events is shown until the command is interrupted, and of no other's.
func TestEventsTail(t *testing.T) {
	t.Parallel()
	entries := []feed.Entry{
		{Stage: feed.Received, MessageID: "m-1", Type: "port.create.end", Level: model.LevelInfo, Timestamp: noon, At: noon.Add(1234 * time.Millisecond),
			Hint: model.Hint{Kind: model.EventPort, Object: "port-1", Hosts: []string{"node-2", "node-3"}}},
		{Stage: feed.Handled, MessageID: "m-2", Type: "compute.instance.update", Level: model.LevelInfo, Timestamp: noon, At: noon.Add(2 * time.Second),
			Hint: model.Hint{Kind: model.EventInstance, Object: "vm-1"}, Note: evil},
	}
	for name, tt := range map[string]struct{ args, want string }{
		"text": {"events tail -e lab", "12:00:01.234  received   +1.234s  port.create.end                     port port-1 on node-2, node-3\n" +
			`12:00:02.000  handled        +2s  compute.instance.update             instance vm-1  web\x1b[31m-2\u202e\u009b2J"];\N&lt;\n=1` + "\n"},
		"json": {"events tail --json", `{"stage":"received","message_id":"m-1","event_type":"port.create.end",`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			seed(t, s.db)
			ctx, stop := context.WithCancel(t.Context())
			var shown bytes.Buffer
			lines := 0
			stdout := writer(func(p []byte) {
				shown.Write(p)
				if lines++; lines == len(entries) {
					stop()
				}
			})
			stderr := &watched{seen: func() {
				must(t, feed.Publish(t.Context(), s.redis, "other", entries[0]))
				must(t, feed.Publish(t.Context(), s.redis, "lab", entries...))
			}}
			code := runTo(ctx, s.connect, strings.NewReader(""), stdout, stderr, strings.Fields(tt.args)...)
			if code != 0 || !strings.HasPrefix(shown.String(), tt.want) || strings.Count(shown.String(), "\n") != len(entries) ||
				strings.ContainsAny(shown.String(), "\x1b\u202e\u009b") {
				t.Errorf("exit status %d, %s\nwant %s", code, shown.String(), tt.want)
			}
			if stderr.String() != "watching lab; interrupt to end\n" {
				t.Errorf("stderr: %q", stderr.String())
			}
		})
	}
}

// writer is a function that gets what is written.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

// TestEventsTailUnknown: there is no such environment.
func TestEventsTailUnknown(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.follow(t, []step{{command: "events tail -e nowhere", stderr: "…there is no environment \"nowhere\"", code: 2}})
}
