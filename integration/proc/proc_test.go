package proc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"calipso.io/calipso/integration/proc"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	u, err := proc.UsageOf(os.Getpid())
	if err != nil || u.Peak < 1<<20 || u.CPU < 0 {
		t.Errorf("this process took %d bytes and %s (%v)", u.Peak, u.CPU, err)
	}
}

func TestLaunch(t *testing.T) {
	t.Parallel()
	p, err := proc.Launch(t.Context(), "sh", "-c", "echo starting; echo ready now; exec sleep 1000")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Ended(); err != nil {
		t.Errorf("right after the start: %v", err)
	}
	p.Stop()
	if err := p.Ended(); err == nil || !strings.Contains(err.Error(), "sleep 1000 has ended: signal: terminated") {
		t.Errorf("after the end: %v", err)
	}
	if _, err := proc.Launch(t.Context(), "sh", "-c", "echo starting; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("a program that ends before it is ready: %v", err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := proc.Start(t.Context(), log, []string{"GREETING=hello"}, "sh", "-c", "trap 'echo bye; exit' TERM; echo $GREETING; kill $$; wait")
	if err != nil {
		t.Fatal(err)
	}
	for text := ""; text == ""; { // it is told to end when it has begun
		data, err := os.ReadFile(log.Name())
		if err != nil {
			t.Fatal(err)
		}
		text = string(data)
	}
	p.Stop()
	if text, err := os.ReadFile(log.Name()); err != nil || string(text) != "hello\nbye\n" {
		t.Errorf("the log is %q (%v)", text, err)
	}
}
