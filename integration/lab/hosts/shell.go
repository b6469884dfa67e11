package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// streams are a command's standard streams.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// session is a user's shell on a host.
type session struct {
	hosts  *Hosts
	view   *view
	user   string
	root   bool
	space  string     // the network namespace; "" is the host's own
	within *container // nil on the host itself
	shell  string     // its name in messages
}

// Login runs a command line on a host as sshd does for a user who has logged in: in the user's shell. An empty one
// runs what comes from in. It returns the exit status; 255 when ctx ends before the command does. Output is written
// when the command has ended.
func (hs *Hosts) Login(ctx context.Context, host, user, line string, in *os.File, out, err io.Writer) int {
	s := hs.session(host, user)
	if s == nil {
		fmt.Fprintf(err, "there is no host %s\n", host)
		return 255
	}
	var outText, errText buffer
	io := streams{in, &outText, &errText}
	status := s.login(ctx, io, line)
	out.Write(outText.b.Bytes())
	err.Write(errText.b.Bytes())
	return status
}

func (hs *Hosts) session(host, user string) *session {
	v := hs.view(host)
	if v == nil {
		return nil
	}
	return &session{hosts: hs, view: v, user: user, root: user == "root", shell: "bash"}
}

// login runs a command line, or stdin as a script when there is none.
func (s *session) login(ctx context.Context, io streams, line string) int {
	if line == "" {
		return s.script(ctx, io, io.in, nil)
	}
	return s.script(ctx, io, strings.NewReader(line), nil)
}

// buffer collects what the parts of a pipeline write at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// script runs a shell script with positional parameters.
func (s *session) script(ctx context.Context, io streams, text io.Reader, args []string) int {
	file, err := s.parse(text)
	if err != nil {
		fmt.Fprintf(io.err, "%s: syntax error: %v\n", s.shell, err)
		return 2
	}
	runner, err := s.runner(io, args)
	if err != nil {
		fmt.Fprintf(io.err, "%s: %v\n", s.shell, err)
		return 2
	}
	return status(runner.Run(ctx, file))
}

// parse reads a script. The interpreter knows export and its like only in what was parsed as bash; what sh runs must be
// POSIX all the same.
func (s *session) parse(text io.Reader) (*syntax.File, error) {
	script, err := io.ReadAll(text)
	if err != nil {
		return nil, err
	}
	if s.shell == "sh" {
		if _, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(bytes.NewReader(script), s.shell); err != nil {
			return nil, err
		}
	}
	return syntax.NewParser().Parse(bytes.NewReader(script), s.shell)
}

func (s *session) runner(io streams, args []string) (*interp.Runner, error) {
	return interp.New(
		interp.Env(expand.ListEnviron(s.environ()...)), interp.Dir("/"), interp.Params(append([]string{"--"}, args...)...),
		interp.StdIO(io.in, io.out, io.err),
		interp.CallHandler(lookups), interp.ExecHandlers(s.instead),
		interp.OpenHandler(s.open), interp.StatHandler(s.stat), interp.AccessHandler(s.access), interp.ReadDirHandler2(s.readDir),
	)
}

func (s *session) environ() []string {
	home, uid := "/home/"+s.user, "UID=1001"
	if s.root {
		home, uid = "/root", "UID=0"
	}
	return []string{
		"HOME=" + home, uid, "E" + uid, "GID=1001", "USER=" + s.user, "LOGNAME=" + s.user, "SHELL=/bin/bash",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	}
}

// lookups keeps builtins that search the PATH from finding this machine's commands.
func lookups(_ context.Context, args []string) ([]string, error) {
	switch {
	case len(args) > 2 && args[0] == "command" && args[1] == "-v" && !interp.IsBuiltin(args[2]),
		len(args) > 1 && args[0] == "type" && !interp.IsBuiltin(args[1]):
		return []string{"which", args[len(args)-1]}, nil
	}
	return args, nil
}

// instead takes the place of the handler that would run this machine's commands.
func (s *session) instead(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.exec }

func (s *session) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	if code := s.commandAt(ctx, streams{hc.Stdin, hc.Stdout, hc.Stderr}, args, hc.Pos.Line()); code != 0 {
		return interp.ExitStatus(code)
	}
	return nil
}

// status turns what the interpreter returns into an exit status.
func status(err error) int {
	var exit interp.ExitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	}
	return 255
}
