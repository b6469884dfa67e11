package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
)

// TestInterruptedScan: a scan whose command is interrupted, workers and all, is not over. Whoever follows it goes on
// with it, and it is completed.
func TestInterruptedScan(t *testing.T) {
	t.Parallel()
	l := simulate(t, lab.EnvConfig{Name: "e", Hosts: 4, SSHDelay: 3 * time.Second})
	binary, folder := build(t), t.TempDir()
	file := filepath.Join(folder, "e.json")
	text, err := json.Marshal(document(t, l, "e"))
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"CALIPSO_DATA=" + folder, "PATH=" + os.Getenv("PATH")}
	<-launch(t, env, binary, "env", "add", "-f", file).ended

	scan := launch(t, env, binary, "scan", "-e", "e")
	until(t, "the hosts", func() bool { return regexp.MustCompile(`inventory: 2/\d`).MatchString(scan.out.String()) })
	scan.signal(syscall.SIGINT)
	<-scan.ended
	told := regexp.MustCompile("interrupted: scan ([0-9a-f]{24}) is not over: `calipso follow").FindStringSubmatch(scan.out.String())
	if code := scan.cmd.ProcessState.ExitCode(); code != 130 || told == nil {
		t.Fatalf("exit status %d", code)
	}
	follow := launch(t, env, binary, "follow", told[1])
	<-follow.ended
	if code := follow.cmd.ProcessState.ExitCode(); code != 0 || !regexp.MustCompile(`scan `+told[1]+` of e: completed in`).MatchString(follow.out.String()) {
		t.Errorf("exit status %d", code)
	}
}
