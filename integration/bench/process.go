package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs beside this one.
type process struct{ cmd *exec.Cmd }

// launch starts a program and waits until it prints a line that begins with "ready".
func launch(ctx context.Context, program string, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second // then it is killed
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	p := &process{cmd: cmd}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready") {
			go io.Copy(io.Discard, out) // so that it never has to wait for a reader
			return p, nil
		}
	}
	return nil, fmt.Errorf("%s %s ended before it was ready: %w", program, strings.Join(args, " "), cmd.Wait())
}

// stop tells the program to end and waits for it.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

// usage is what a process has taken so far.
type usage struct {
	peak int           // bytes of memory at most
	cpu  time.Duration // of all cores together
}

// ticks is how many parts of a second /proc counts in.
const ticks = 100

func (p *process) usage() (u usage, err error) {
	folder := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	status, err := os.ReadFile(folder + "status")
	if err != nil {
		return u, fmt.Errorf("read how much memory was taken: %w", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(kilobytes)
	if err != nil {
		return u, fmt.Errorf("read how much memory was taken: %w", err)
	}
	u.peak = n << 10
	stat, err := os.ReadFile(folder + "stat")
	if err != nil {
		return u, fmt.Errorf("read how much time was taken: %w", err)
	}
	// The second field is the program's name in parentheses; the 14th and 15th are its time in and out of the kernel.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, text := range fields[11:13] {
		n, err := strconv.Atoi(text)
		if err != nil {
			return u, fmt.Errorf("read how much time was taken: %w", err)
		}
		u.cpu += time.Duration(n) * time.Second / ticks
	}
	return u, nil
}

// ownCPU is the processor time that this process has taken so far.
func ownCPU() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// load is the machine's load average of the last minute.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
