package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// The gateway's shell may be any POSIX shell; this one runs in the test, and its uname and ssh are those of the case.
func TestHopIsPlainPOSIX(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		uname, host string
		ssh         int // exit status
		want        string
	}{
		"itself":               {"gw.lab", "gw.lab", 0, "here: sh -s -- sudo -n|$(x)"},
		"itself by short name": {"gw.lab", "gw", 0, "here: sh -s -- sudo -n|$(x)"},
		"itself by long name":  {"gw", "gw.lab", 0, "here: sh -s -- sudo -n|$(x)"},
		"localhost":            {"gw.lab", "localhost", 0, "here: sh -s -- sudo -n|$(x)"},
		"other domain":         {"gw.lab", "gw.lab2", 0, `there: gw.lab2|sh -s -- 'sudo -n' '$(x)'`},
		"other host":           {"gw.lab", "gw2", 3, `there: gw2|sh -s -- 'sudo -n' '$(x)' = 3`},
		"not reached":          {"gw.lab", "gw2", 255, `there: gw2|sh -s -- 'sudo -n' '$(x)' mark = 255`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := interpret(t, hopCommand(tc.host, acceptNew, []string{"sudo -n", "$(x)"}), tc.uname, tc.ssh); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// interpret runs a command and tells what it ran in the end, whether it left the mark, and its exit status.
func interpret(t *testing.T, command, uname string, ssh int) string {
	t.Helper()
	var stderr bytes.Buffer
	did := ""
	var run func(ctx context.Context, text string, params []string) error
	world := func(interp.ExecHandlerFunc) interp.ExecHandlerFunc {
		return func(ctx context.Context, args []string) error {
			switch args[0] {
			case "uname":
				_, err := fmt.Fprintln(interp.HandlerCtx(ctx).Stdout, uname)
				return err
			case "ssh":
				did = "there: " + strings.Join(args[len(args)-2:], "|")
				return interp.ExitStatus(ssh)
			case "sh":
				if args[1] == "-c" {
					return run(ctx, args[2], args[4:])
				}
				did = "here: " + strings.Join(args[:3], " ") + " " + strings.Join(args[3:], "|")
				return nil
			}
			return fmt.Errorf("%s is not to be used", args[0])
		}
	}
	run = func(ctx context.Context, text string, params []string) error {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
		if err != nil {
			return err
		}
		runner, err := interp.New(interp.Params(append([]string{"--"}, params...)...), interp.Env(expand.ListEnviron()),
			interp.StdIO(nil, nil, &stderr), interp.ExecHandlers(world))
		if err != nil {
			return err
		}
		return runner.Run(ctx, file)
	}
	err := run(t.Context(), command, nil)
	if _, marked := cutHopMark(stderr.Bytes()); marked {
		did += " mark"
	}
	var status interp.ExitStatus
	switch {
	case err == nil:
		return did
	case errors.As(err, &status):
		return fmt.Sprintf("%s = %d", did, status)
	}
	t.Fatal(err)
	return ""
}
