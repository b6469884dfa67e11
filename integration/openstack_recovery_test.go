package integration

import (
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// TestOpenStackHostSilent stops the sshd of one of the hosts: the coverage report of a scan says exactly that, what is on
// the host is kept and marked, and a scan afterwards finds all as it was.
func TestOpenStackHostSilent(t *testing.T) {
	cloud := realCloud(t)
	c := start(t)
	c.add(cloud.environment("e", true))
	c.completed(scanOfE)
	before := c.look("e", "")

	restart := cloud.stopSSH("node-3")
	defer restart()
	scan := c.scan(scanOfE)
	f := fault{failed: all("node-3 port 22: Connection refused", "node-3 *")}
	f.check(t, c, scan, before)

	restart()
	c.completed(scanOfE)
	if d := differences(before, c.look("e", "")); d != "" {
		t.Errorf("after sshd runs again, the inventory is not as it was:\n%s", d)
	}
}

// sshdOff ends a host's sshd, waits for the end of what it reads, and starts sshd again: from within a session, which
// goes on without it. Whatever becomes of the test, the end comes.
const sshdOff = `kill "$(cat /run/lab/sshd.pid)"; echo stopped; read -r _
setsid -f sh -c 'echo $$ >/run/lab/sshd.pid; exec /usr/sbin/sshd -D -e' >>/var/log/lab/sshd.log 2>&1 </dev/null`

// stopSSH ends the sshd of a host; restart starts it again, and can be called twice.
func (o *openstack) stopSSH(host string) (restart func()) {
	o.t.Helper()
	session, err := o.master.NewSession()
	if err != nil {
		o.t.Fatal(err)
	}
	in, err := session.StdinPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := session.Start("ssh " + host + " " + quoted("sudo sh -c "+quoted(sshdOff))); err != nil {
		o.t.Fatal(err)
	}
	if said, err := io.ReadAll(io.LimitReader(out, int64(len("stopped")))); string(said) != "stopped" {
		o.t.Fatalf("sshd of %s could not be stopped: %q, %v", host, said, err)
	}
	o.wait("sshd to have ended", func() bool { return !o.answers(host) })
	done := false
	return func() {
		if done {
			return
		}
		done = true
		in.Close()
		session.Wait()
		o.wait("sshd to run again", func() bool { return o.answers(host) })
	}
}

// answers tells whether one can log in to a host.
func (o *openstack) answers(host string) bool {
	session, err := o.master.NewSession()
	if err != nil {
		o.t.Fatal(err)
	}
	defer session.Close()
	_, isExit := session.Run("ssh " + host + " true").(*ssh.ExitError)
	return !isExit
}

// quoted is a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// TestOpenStackAbort aborts a scan while it reads hosts: what was known stays, whole, and the next scan finds all.
func TestOpenStackAbort(t *testing.T) {
	cloud := realCloud(t)
	i := pieces(t)
	stop := i.work(t)
	i.add(cloud.environment("e", true))
	i.completed(scanOfE)
	before := i.look("e", "")

	id := i.submit(scanOfE)
	until(t, "the step of a host", func() bool { return i.step(t, id, model.PhaseInventory, "node-2").Status == model.StepRunning })
	if _, err := i.db.AbortScan(t.Context(), id, i.now()); err != nil {
		t.Fatal(err)
	}
	stop() // nothing is written anymore
	open, err := i.db.Steps.Count(t.Context(), store.Is(store.ScanID, id), store.Is(store.Status, model.StepPending, model.StepRunning))
	if err != nil || open > 0 {
		t.Errorf("%d steps of the aborted scan are still open, %v", open, err)
	}
	during := i.look("e", "")
	if d := differences(before, during); d != "" {
		t.Errorf("the aborted scan has changed the inventory:\n%s", d)
	}
	checkTree(t, during)
	checkPaths(t, cloud, during)

	i.work(t)
	i.recover(t, time.Second)
	i.completed(scanOfE)
	if d := differences(before, i.look("e", "")); d != "" {
		t.Errorf("the next scan finds something else:\n%s", d)
	}
	if scan, err := i.db.Scans.Get(t.Context(), id); err != nil || scan.Status != model.ScanAborted {
		t.Errorf("the aborted scan is %s now, %v", scan.Status, err)
	}
}

// late is how much later than it is due a scheduled scan may be asked for: the scheduler looks every 5 seconds, and the
// machine may be busy.
const late = 20 * time.Second

// TestOpenStackSchedule has the cloud scanned each minute: the first scan is asked for when it is due, once, and finds all.
func TestOpenStackSchedule(t *testing.T) {
	cloud := realCloud(t)
	c := start(t)
	c.add(cloud.environment("e", true))
	schedule, due, err := c.AddSchedule(t.Context(), wire.ScheduleRequest{ScanRequest: scanOfE, Cron: "* * * * *"})
	if err != nil {
		t.Fatal(err)
	}
	if wait := time.Until(due); wait > time.Minute || due.Second() != 0 {
		t.Fatalf("the next run is at %v", due)
	}
	var first model.ScheduledScan
	until(t, "the scheduled scan", func() bool {
		s, err := c.Schedule(t.Context(), schedule)
		first = s.ScheduledScan
		return err == nil && first.LastScan != ""
	})
	if err := c.DeleteSchedule(t.Context(), schedule); err != nil {
		t.Fatal(err)
	}
	scan := c.wait(first.LastScan)
	if after := scan.SubmitTimestamp.Sub(due); after < 0 || after > late {
		t.Errorf("the scan that was due at %v was asked for at %v", due, scan.SubmitTimestamp)
	}
	if scan.Status != model.ScanCompleted || scan.OriginType != model.OriginSchedule || scan.OriginID != schedule {
		t.Errorf("the scan ended %s, for the %s %s", scan.Status, scan.OriginType, scan.OriginID)
	}
	checkObjects(t, cloud, c.look("e", ""))
}
