package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	xssh "golang.org/x/crypto/ssh"
)

// errNotBegun says that a command was not begun, so it can be tried on another connection.
var errNotBegun = errors.New("not begun")

// openSession opens a session, or gives up when the context ends.
func openSession(ctx context.Context, client *xssh.Client) (*xssh.Session, error) {
	type opened struct {
		session *xssh.Session
		err     error
	}
	answer := make(chan opened, 1)
	go func() {
		session, err := client.NewSession()
		answer <- opened{session, err}
	}()
	select {
	case o := <-answer:
		return o.session, o.err
	case <-ctx.Done():
		go func() {
			if o := <-answer; o.session != nil {
				o.session.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
}

func isOpenRefused(err error) bool {
	var refused *xssh.OpenChannelError
	return errors.As(err, &refused)
}

// runScript runs one command with the script as its input. It returns when the command has ended or the context has;
// in the latter case the command is told to end. ended is called when it has, in either case.
func runScript(ctx context.Context, session *xssh.Session, command string, script []byte, limit int64, ended func(error)) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := &output{left: limit, full: func() {
		cancel(failure(OutputTooLarge, nil, "the script printed more than %d bytes", limit))
	}}
	session.Stdin = bytes.NewReader(script)
	session.Stdout, session.Stderr = writer{out, &out.result.Stdout}, writer{out, &out.result.Stderr}
	stop := context.AfterFunc(ctx, func() {
		_ = session.Signal(xssh.SIGTERM) // sshd does not end a command when its session is closed
		session.Close()
	})
	defer stop()

	done := make(chan error, 1)
	go func() {
		err := execute(session, command)
		session.Close()
		ended(err)
		done <- err
	}()
	select {
	case err := <-done:
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		result := out.take()
		return result, withStderr(err, result.Stderr)
	case <-ctx.Done():
		return out.take(), context.Cause(ctx)
	}
}

// execute starts the command and waits for its end.
func execute(session *xssh.Session, command string) error {
	if err := session.Start(command); errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", errNotBegun, err)
	} else if err != nil {
		return failure(Refused, nil, "logged in, but the host refuses to run a command: check that the user has a POSIX shell")
	}
	err := session.Wait()
	var exit *xssh.ExitError
	switch {
	case err == nil || err == io.EOF: // EOF: the script ended without reading all of itself
		return nil
	case errors.As(err, &exit) && exit.Signal() != "":
		return &Error{Code: ScriptFailed, Status: -1, Err: err, Message: "the script was ended by signal " + printable([]byte(exit.Signal()))}
	case errors.As(err, &exit):
		return &Error{Code: ScriptFailed, Status: exit.ExitStatus(), Err: err, Message: fmt.Sprintf("the script ended with status %d", exit.ExitStatus())}
	}
	return err
}

// withStderr adds what a failed script wrote to the message.
func withStderr(err error, stderr []byte) error {
	var failed *Error
	if errors.As(err, &failed) && failed.Code == ScriptFailed {
		failed.Message += ": " + printable(stderr)
	}
	return err
}

// output collects what a command prints, up to a limit, until it is taken.
type output struct {
	mu     sync.Mutex
	left   int64
	taken  bool
	full   func() // called when there is more than the limit
	result Result
}

// writer is one of the streams of an output.
type writer struct {
	out  *output
	into *[]byte
}

// Write fails when the limit is reached, or nobody waits for the output anymore.
func (w writer) Write(p []byte) (int, error) {
	w.out.mu.Lock()
	defer w.out.mu.Unlock()
	if w.out.taken {
		return 0, io.ErrClosedPipe
	}
	if int64(len(p)) > w.out.left {
		w.out.full()
		return 0, io.ErrShortBuffer
	}
	w.out.left -= int64(len(p))
	*w.into = append(*w.into, p...)
	return len(p), nil
}

func (o *output) take() Result {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.taken = true
	return o.result
}
