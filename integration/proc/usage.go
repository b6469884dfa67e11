package proc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Usage is what a process has taken so far.
type Usage struct {
	Peak int           // bytes of memory at most
	CPU  time.Duration // of all cores together
}

// ticks is how many parts of a second /proc counts in.
const ticks = 100

// Usage returns what the program has taken so far. It must still run.
func (p *Process) Usage() (Usage, error) { return UsageOf(p.PID()) }

// UsageOf returns what a running process has taken so far.
func UsageOf(pid int) (u Usage, err error) {
	if u.Peak, err = peak(pid); err != nil {
		return u, fmt.Errorf("read how much memory was taken: %w", err)
	}
	if u.CPU, err = cpu(pid); err != nil {
		return u, fmt.Errorf("read how much time was taken: %w", err)
	}
	return u, nil
}

func peak(pid int) (int, error) { return memory(pid, "VmHWM:") }

// Resident returns how many bytes of memory a running process has now.
func Resident(pid int) (int, error) { return memory(pid, "VmRSS:") }

func memory(pid int, key string) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), key)
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(kilobytes)
	return n << 10, err
}

func cpu(pid int) (total time.Duration, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses; the 14th and 15th are its time in and out of the kernel.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	for _, text := range fields[11:13] {
		n, err := strconv.Atoi(text)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * time.Second / ticks
	}
	return total, nil
}

// OwnCPU is the processor time that this process has taken so far.
func OwnCPU() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// Load is the machine's load average of the last minute.
func Load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
