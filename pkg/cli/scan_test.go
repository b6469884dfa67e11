package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/tasks"
)

// work starts a worker that does every scan at once, in the way of a scan that was seeded.
func (s *server) work(t *testing.T, like string) {
	t.Helper()
	worker := asynq.NewServerFromRedisClient(s.redis, asynq.Config{Concurrency: 1, Queues: tasks.Queues(),
		TaskCheckInterval: 20 * time.Millisecond, LogLevel: asynq.FatalLevel})
	must(t, worker.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		var start tasks.StartScan
		if err := json.Unmarshal(task.Payload(), &start); err != nil {
			return err
		}
		return s.scan(ctx, start.Scan, like)
	})))
	t.Cleanup(worker.Shutdown)
}

func (s *server) scan(ctx context.Context, id, like string) error {
	done, err := s.db.Scans.Get(ctx, like)
	if err != nil {
		return err
	}
	done.ID = id
	if _, err := s.db.Steps.Insert(ctx, stepsOf(done)...); err != nil {
		return err
	}
	_, err = s.db.Scans.Update(ctx, id, func(scan *model.Scan) error { *scan = done; return nil })
	return err
}

// TestScan: a scan shows how far it is and what it found, and its end is the exit status.
func TestScan(t *testing.T) {
	t.Parallel()
	tests := map[string]string{"scan-completed": completedID, "scan-with-errors": faultyID, "scan-failed": failedID}
	for name, like := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			seed(t, s.db)
			s.work(t, like)
			args := []string{"scan", "-e", "lab"}
			got := run(t.Context(), s.connect, "", args...)
			id, _, _ := strings.Cut(strings.TrimPrefix(got.stdout, "scan "), " ")
			golden(t, name+".txt", strings.ReplaceAll(got.text(args), id, "SCAN"))
		})
	}
}

// TestScanNeedsWorkers: only scans that are waited for need workers in this process.
func TestScanNeedsWorkers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	for command, want := range map[string]bool{"follow " + completedID: true, "scan --detach": false, "scans": false} {
		closed := false
		got := run(t.Context(), func(_ context.Context, work bool) (*client.Client, func(), error) {
			if work != want {
				t.Errorf("%s: work is %v, want %v", command, work, want)
			}
			return s.client, func() { closed = true }, nil
		}, "", strings.Fields(command)...)
		if got.code != 0 || !closed {
			t.Errorf("%s: closed %v, %+v", command, closed, got)
		}
	}
}

// TestStopFollowing: who stops following is told how to see the rest.
func TestStopFollowing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	running := model.Scan{ID: "000000000000000000000009", Environment: "lab", Status: model.ScanRunning, SubmitTimestamp: noon}
	must(t, s.db.Scans.Create(t.Context(), running))
	_, err := s.db.Steps.Insert(t.Context(), model.Step{ID: "s1", Scan: running.ID, Phase: "inventory", Status: model.StepDone, Found: 3},
		model.Step{ID: "s2", Scan: running.ID, Phase: "inventory", Status: model.StepRunning})
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var stdout bytes.Buffer
	stderr := &watched{seen: stop}
	code := runTo(ctx, s.connect, strings.NewReader(""), &stdout, stderr, "follow", running.ID)
	want := "inventory: 1/2 steps, 3 found\n" +
		"interrupted: scan 000000000000000000000009 is not over: `calipso follow 000000000000000000000009` goes on with it, " +
		"`calipso scans abort 000000000000000000000009` ends it\n"
	if code != 130 || stdout.Len() != 0 || stderr.String() != want {
		t.Errorf("exit status %d, %q, %q", code, stdout.String(), stderr.String())
	}
}

// TestBrokenConnection: a connection that breaks off says nothing about the scan.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "event: progress\ndata: {}\n\n")
	}))
	t.Cleanup(server.Close)
	got := run(t.Context(), func(context.Context, bool) (*client.Client, func(), error) {
		return client.New(server.URL, ""), func() {}, nil
	}, "", "follow", "5c")
	want := result{stderr: "calipso: follow scan 5c: unexpected EOF: `calipso follow 5c` shows the rest\n", code: 2}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// watched calls a function when something is written to it.
type watched struct {
	bytes.Buffer
	once sync.Once
	seen func()
}

func (w *watched) Write(p []byte) (int, error) {
	w.once.Do(w.seen)
	return w.Buffer.Write(p)
}
