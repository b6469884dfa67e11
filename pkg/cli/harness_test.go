package cli_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"calipso.io/calipso/api"
	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/cli"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/sqlite"
	"calipso.io/calipso/tasks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// server is a real server of the API, without workers.
type server struct {
	db     *store.DB
	redis  redis.UniversalClient
	url    string
	client *client.Client
}

func newServer(t *testing.T) *server {
	t.Helper()
	driver, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "calipso.db"))
	must(t, err)
	db, err := store.NewDB(t.Context(), driver)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	queue, stop, err := tasks.OpenRedis(t.Context(), "")
	must(t, err)
	t.Cleanup(stop)
	sealer, err := auth.NewSealer(bytes.Repeat([]byte{7}, 32))
	must(t, err)
	handler := api.New(api.Config{DB: db, Queue: tasks.NewEnqueuer(queue), Redis: queue, Sealer: sealer,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }, LocalToken: "local"})
	http := httptest.NewServer(handler)
	t.Cleanup(http.Close)
	return &server{db: db, redis: queue, url: http.URL, client: client.New(http.URL, "local")}
}

// connect is a Connect to the server.
func (s *server) connect(context.Context, bool) (*client.Client, func(), error) {
	return s.client, func() {}, nil
}

// result is what a user sees of a command.
type result struct {
	stdout, stderr string
	code           int
}

// run types a command.
func run(ctx context.Context, connect cli.Connect, stdin string, args ...string) result {
	var stdout, stderr bytes.Buffer
	code := runTo(ctx, connect, strings.NewReader(stdin), &stdout, &stderr, args...)
	return result{stdout.String(), stderr.String(), code}
}

func runTo(ctx context.Context, connect cli.Connect, stdin io.Reader, stdout, stderr io.Writer, args ...string) int {
	root := &cobra.Command{Use: "calipso"}
	root.AddCommand(cli.Commands(connect)...)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return cli.Exit(stderr, root.ExecuteContext(ctx))
}

// text is a transcript of the command.
func (r result) text(args []string) string {
	text := fmt.Sprintf("$ calipso %s\n%s", strings.Join(args, " "), r.stdout)
	if r.stderr != "" {
		text += "--- stderr\n" + r.stderr
	}
	return fmt.Sprintf("%s--- exit status %d\n", text, r.code)
}

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}
