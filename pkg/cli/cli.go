// Package cli holds the commands that users type. They do everything through the API's client; `env discover`, which only
// makes a document, reads files.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
)

// Connect returns a client of the running server or, when none runs, of one that it starts inside this process on the
// data folder: with workers, when work is to be done and not only looked at. The function that it returns closes the
// connection, and ends such a server.
type Connect func(ctx context.Context, work bool) (*client.Client, func(), error)

// Commands returns the commands, to be added to the program's root command. Their errors are for Exit to print.
func Commands(connect Connect) []*cobra.Command {
	commands := []*cobra.Command{
		envCommand(connect), verifyCommand(connect),
		scanCommand(connect), followCommand(connect), scansCommand(connect), coverageCommand(connect),
		scheduleCommand(connect), messagesCommand(connect), eventsCommand(connect),
		tokenCommand(connect), keyCommand(connect), auditCommand(connect),
		treeCommand(connect), searchCommand(connect), getCommand(connect), graphCommand(connect), exportCommand(connect), importCommand(connect),
	}
	for _, c := range commands {
		quiet(c)
	}
	return commands
}

// quiet leaves the printing of errors to Exit: one line, without the command's usage.
func quiet(c *cobra.Command) {
	c.SilenceErrors, c.SilenceUsage = true, true
	for _, sub := range c.Commands() {
		quiet(sub)
	}
}

// Exit statuses. All commands end with ExitOK or ExitFailed; the others are of scans.
const (
	ExitOK          = 0
	ExitWithErrors  = 1 // the scan is completed_with_errors
	ExitFailed      = 2 // the scan failed, or what was asked could not be done
	ExitAborted     = 3
	ExitInterrupted = 130 // the command was interrupted before the scan ended
)

// ExitError ends the program with a status when all that there is to say has been printed.
type ExitError struct{ Code int }

// Error names the status.
func (e *ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// Exit prints the error of a command in one line, unless it is an ExitError, and returns the program's exit status.
func Exit(stderr io.Writer, err error) int {
	var exit *ExitError
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &exit):
		return exit.Code
	}
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintln(stderr, "calipso:", safe(strings.TrimRight(line, "\n")))
	}
	return ExitFailed
}

// action is what a command does once it has a connection.
type action func(cmd *cobra.Command, c *client.Client, args []string) error

// connected makes a cobra function of an action that only looks, or changes documents.
func connected(connect Connect, do action) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return withClient(cmd, connect, false, func(c *client.Client) error { return do(cmd, c, args) })
	}
}

func withClient(cmd *cobra.Command, connect Connect, work bool, do func(*client.Client) error) error {
	c, done, err := connect(cmd.Context(), work)
	if err != nil {
		return err
	}
	defer done()
	return do(c)
}
