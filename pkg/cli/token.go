package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"calipso.io/calipso/api/client"
)

// tokenCommand returns the command for logins: tokens, and sessions of browsers.
func tokenCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Log in to a server, and look after one's logins", Args: cobra.NoArgs}
	cmd.AddCommand(tokenCreateCommand(connect), tokenListCommand(connect), deleteCommand(connect, "End one of one's own logins", "the login has ended", (*client.Client).DeleteLogin))
	return cmd
}

func tokenCreateCommand(connect Connect) *cobra.Command {
	return &cobra.Command{Use: "create USER", Short: "Log in with a name and a password, and print the token for CALIPSO_TOKEN",
		Long: `Log in with a name and a password, and print the token for CALIPSO_TOKEN.

The password is asked for, or is the first line of the standard input.`,
		Example: "  export CALIPSO_TOKEN=$(calipso token create alice)",
		Args:    cobra.ExactArgs(1),
		RunE: connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
			password, err := askPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			token, err := c.CreateToken(cmd.Context(), args[0], password)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), token.Token)
			return nil
		})}
}

// askPassword asks for a password that there is already: once, and unseen on a terminal.
func askPassword(ctx context.Context, in io.Reader, prompt io.Writer) (string, error) {
	if file, ok := in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		fmt.Fprint(prompt, "Password: ")
		defer fmt.Fprintln(prompt)
		return readUnseen(ctx, int(file.Fd()))
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return strings.TrimRight(line, "\r\n"), err
}

func tokenListCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List one's own logins that last", Args: cobra.NoArgs}
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		logins, err := c.Logins(cmd.Context())
		if err != nil {
			return err
		}
		var rows [][]string
		for _, l := range logins {
			rows = append(rows, []string{l.ID, l.Kind, l.Method, l.Address, timeText(&l.Issued), timeText(&l.Used), timeText(&l.Expires)})
		}
		return output.print(cmd.OutOrStdout(), logins, func(w io.Writer) error {
			return printTable(w, []string{"ID", "KIND", "METHOD", "FROM", "BEGAN", "USED", "EXPIRES"}, rows)
		})
	})
	return cmd
}

// deleteCommand makes a command that deletes what an id names.
func deleteCommand(connect Connect, short, done string, remove func(*client.Client, context.Context, string) error) *cobra.Command {
	return &cobra.Command{Use: "delete ID", Short: short, Args: cobra.ExactArgs(1),
		RunE: connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
			if err := remove(c, cmd.Context(), args[0]); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), done)
			return nil
		})}
}
