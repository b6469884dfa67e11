package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// testPatience is how long a test is waited for: workers take seconds.
const testPatience = time.Minute

func envTestCommand(connect Connect) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "test NAME [TARGET...] | test -f FILE [TARGET...]",
		Short: "Try whether an environment's interfaces can be reached",
		Long: "Try whether an environment's interfaces can be reached, from a worker's machine: log in, and read what scans read.\n" +
			"A TARGET is a section (OpenStack, mysql, CLI, AMQP, ACI, Monitoring, Kubernetes); all are tried when none is named.\n" +
			"With -f the environments of a file are tried, which need not be added yet. Exit status: 0 when all went well, 1 when not, 2 when nothing was tried.",
	}
	output := outputFlag(cmd)
	cmd.Flags().StringVarP(&file, "file", "f", "", `test the environments of a file; "-" is standard input`)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		tests, err := connectionTests(cmd, file, args)
		if err != nil {
			return err
		}
		return withClient(cmd, connect, true, func(c *client.Client) error { return testConnections(cmd, c, tests, output) })
	}
	return cmd
}

// connectionTests returns the tests that a command line asks for.
func connectionTests(cmd *cobra.Command, file string, args []string) ([]wire.ConnectionTestRequest, error) {
	if file == "" {
		if len(args) == 0 {
			return nil, errors.New("which environment? Name it, or give a file with -f")
		}
		return []wire.ConnectionTestRequest{{Environment: args[0], TestTargets: args[1:]}}, nil
	}
	documents, err := readEnvironments(file, cmd.InOrStdin())
	var tests []wire.ConnectionTestRequest
	for _, d := range documents {
		sections := hostEntries(d["configuration"])
		if len(sections) == 0 {
			return nil, fmt.Errorf("environment %q of %s has no configuration to test", d.name(), file)
		}
		tests = append(tests, wire.ConnectionTestRequest{Environment: d.name(), TestTargets: args, TargetsConfiguration: sections})
	}
	return tests, err
}

func testConnections(cmd *cobra.Command, c *client.Client, tests []wire.ConnectionTestRequest, output *format) error {
	answers := []model.ConnectionTest{}
	failed := false
	for _, test := range tests {
		ctx, cancel := context.WithTimeoutCause(cmd.Context(), testPatience, errors.New("no worker has answered within "+testPatience.String()+": is one running?"))
		defer cancel()
		answer, err := c.TestConnection(ctx, test)
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return fmt.Errorf("environment %s: %w", test.Environment, err)
		}
		answers = append(answers, answer)
		failed = failed || len(answer.Errors) > 0
	}
	if err := output.print(cmd.OutOrStdout(), answers, func(w io.Writer) error { return printTests(w, answers) }); err != nil {
		return err
	}
	if failed {
		return &ExitError{Code: ExitWithErrors}
	}
	return nil
}

// printTests prints a table of all steps for each environment, and below it what failed and what to look at.
func printTests(w io.Writer, answers []model.ConnectionTest) error {
	for i, answer := range answers {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if len(answers) > 1 {
			fmt.Fprintf(w, "environment %s\n", safe(answer.Environment))
		}
		var rows [][]string
		for _, name := range answer.TestTargets {
			for _, step := range answer.Targets[name].Tried {
				rows = append(rows, []string{name, mark(step.OK), fmt.Sprintf("%d ms", step.Milliseconds), step.Step, seen(step)})
			}
		}
		if err := printTable(w, []string{"TARGET", "", "TOOK", "STEP", "RESULT"}, rows); err != nil {
			return err
		}
		if err := printFailures(w, answer); err != nil {
			return err
		}
	}
	return nil
}

func printFailures(w io.Writer, answer model.ConnectionTest) error {
	for _, name := range slices.Sorted(slices.Values(answer.TestTargets)) {
		result := answer.Targets[name]
		if result.OK {
			continue
		}
		fmt.Fprintf(w, "\n%s: %s\n", name, safe(result.Error))
		if result.Hint != "" {
			fmt.Fprintf(w, "  %s\n", safe(result.Hint))
		}
	}
	_, err := fmt.Fprintf(w, "\n%d of %d targets can be used; tried by %s\n", len(answer.TestTargets)-len(answer.Errors), len(answer.TestTargets), safe(answer.Worker))
	return err
}

func mark(ok bool) string {
	if ok {
		return "ok"
	}
	return "FAILED"
}

// seen is what a step saw; what went wrong stands below the table, where there is room for it.
func seen(step model.TestStep) string {
	if !step.OK {
		return "see below"
	}
	return step.Result
}
