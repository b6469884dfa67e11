package cli_test

import (
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
)

// TestMessages: what is asked for is shown, marked and deleted.
func TestMessages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	_, err := s.db.Messages.Insert(t.Context(),
		model.Message{ID: "5c.begun", Environment: "lab", Level: "info", Message: "scan 5c has begun", Timestamp: noon, OriginID: "5c", RelatedObjectType: "environment", RelatedObject: "lab"},
		model.Message{ID: "5c.failed.0", Environment: "lab", Level: "error", Message: "node-1: " + evil, Timestamp: noon.Add(time.Minute), OriginID: "5c"},
		model.Message{ID: "e1", Environment: "lab", Level: "warn", SourceSystem: "OpenStack", Message: map[string]any{"event": "port.update.end"}, Timestamp: noon.Add(time.Hour)})
	must(t, err)
	for name, command := range map[string]string{
		"messages":       "messages -e lab",
		"messages-level": "messages --level WARN --limit 1",
		"messages-since": "messages --since 2026-01-02T12:00:30Z -o json",
		"messages-scan":  "messages --scan 5c --unseen",
		"messages-none":  "messages --since 2999-01-01",
	} {
		args := strings.Fields(command)
		golden(t, name+".txt", run(t.Context(), s.connect, "", args...).text(args))
	}
	s.follow(t, []step{
		{command: "messages --level loud", stderr: "…--level loud: it is one of panic, ", code: 2},
		{command: "messages --since soon", stderr: "…--since soon: it is how long ago", code: 2},
		{command: "messages --since -3h", stderr: "…--since -3h: it is how long ago", code: 2},
		{command: "messages viewed", stderr: "calipso: messages viewed: give either ids or --all\n", code: 2},
		{command: "messages delete --all e1", stderr: "calipso: messages delete: give either ids or --all\n", code: 2},
		{command: "messages viewed e1 nothing", stdout: "viewed: 1 messages of lab\n"},
		{command: "messages --unseen", stdout: "…5c.begun"},
		{command: "messages delete --all -e lab", stdout: "delete: 3 messages of lab\n"},
		{command: "messages", stdout: "TIME  LEVEL  ENVIRONMENT  ABOUT  MESSAGE  ID\n"},
	})
}

// TestAbortAndRefuse: a scan is aborted once, and in the way of others that don't want to wait until then.
func TestAbortAndRefuse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	got := run(t.Context(), s.connect, "", "scan", "--detach", "--refuse")
	id, _, _ := strings.Cut(strings.TrimPrefix(got.stdout, "scan "), " ")
	s.follow(t, []step{
		{command: "scan --refuse", stderr: "calipso: scan of lab: scan " + id + " of environment lab is pending\n", code: 2},
		{command: "scans abort " + id, stdout: "scan " + id + " aborted\n"},
		{command: "scans abort " + id, stderr: "calipso: scan " + id + " has ended: it is aborted\n", code: 2},
		{command: "follow " + id, stdout: "…scan " + id + " of lab: aborted", code: 3},
		{command: "scan --refuse --detach", stdout: "…calipso follow"},
		{command: "scans abort", stderr: "calipso: accepts 1 arg(s), received 0\n", code: 2},
	})
}
