// Package proc runs programs beside this one, for measurements, and tells what they take.
package proc

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process is a program that runs beside this one.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
}

// Start starts a program, with these variables besides our own environment's. What it prints goes to the log.
// It ends when ctx does: it is told to, and killed when it has not ended 20 seconds later.
func Start(ctx context.Context, log *os.File, variables []string, program string, args ...string) (*Process, error) {
	cmd := command(ctx, program, args)
	cmd.Env = append(os.Environ(), variables...)
	cmd.Stdout, cmd.Stderr = log, log
	return started(cmd)
}

// Launch starts a program and waits until it prints a line that begins with "ready".
func Launch(ctx context.Context, program string, args ...string) (*Process, error) {
	cmd := command(ctx, program, args)
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	cmd.Stdout, cmd.Stderr = in, os.Stderr
	p, err := started(cmd)
	in.Close()
	if err != nil {
		out.Close()
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "ready") {
			go func() { // so that it never has to wait for a reader
				io.Copy(io.Discard, out)
				out.Close()
			}()
			return p, nil
		}
	}
	out.Close()
	p.Stop()
	return nil, fmt.Errorf("%s was not ready: %w", p, p.Ended())
}

func command(ctx context.Context, program string, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	return cmd
}

func started(cmd *exec.Cmd) (*Process, error) {
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// Stop tells the program to end and waits for it.
func (p *Process) Stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
}

// Ended returns nil while the program runs, and then an error that says how it ended.
func (p *Process) Ended() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s has ended: %s", p, p.cmd.ProcessState)
	default:
		return nil
	}
}

// PID returns the program's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// String returns the program with its arguments.
func (p *Process) String() string { return strings.Join(p.cmd.Args, " ") }
