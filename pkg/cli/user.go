package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"calipso.io/calipso/api"
	"calipso.io/calipso/pkg/store"
)

// OpenStore opens the configured store itself. Who may do that needs no login.
type OpenStore func(context.Context) (*store.DB, error)

// UserCommand returns the command that looks after users: over the API or, for those who can't log in, in the store itself.
func UserCommand(connect Connect, open OpenStore) *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Look after users and what they may do"}
	cmd.AddCommand(userListCommand(connect), userAddCommand(connect), userSetCommand(connect), userRemoveCommand(connect), userLogoutCommand(connect), userRolesCommand(),
		passwdCommand(open))
	quiet(cmd)
	return cmd
}

func passwdCommand(open OpenStore) *cobra.Command {
	return &cobra.Command{Use: "passwd NAME", Short: "Give a user a new password, and end all of the user's logins",
		Long: `Give a user a new password, and end all of the user's logins.

It works on the store (CALIPSO_STORE, CALIPSO_DATA), whether a server runs or not. The password is asked for, or is the
first line of the standard input.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return setPassword(cmd, open, args[0]) }}
}

func setPassword(cmd *cobra.Command, open OpenStore, user string) error {
	db, err := open(cmd.Context())
	if err != nil {
		return err
	}
	defer db.Close()
	// Before anybody types a password for nobody.
	if _, err := db.Users.Get(cmd.Context(), user); store.CodeOf(err) == store.NotFound {
		return fmt.Errorf("there is no user %q in this store (CALIPSO_STORE, CALIPSO_DATA); the first start of the API makes \"admin\"", user)
	}
	password, err := readPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	if err := api.SetPassword(cmd.Context(), db, user, password); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s has a new password, and must log in again\n", safe(user))
	return nil
}

// readPassword asks for a password, twice and unseen on a terminal.
func readPassword(ctx context.Context, in io.Reader, prompt io.Writer) (string, error) {
	file, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err == io.EOF {
			err = nil
		}
		return strings.TrimRight(line, "\r\n"), err
	}
	var typed [2]string
	for i, text := range []string{"New password: ", "Again: "} {
		fmt.Fprint(prompt, text)
		var err error
		typed[i], err = readUnseen(ctx, int(file.Fd()))
		fmt.Fprintln(prompt)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
	}
	if typed[0] != typed[1] {
		return "", errors.New("these are two different passwords: nothing is changed")
	}
	return typed[0], nil
}

// readUnseen reads a line of a terminal that does not show it. When the context ends, the terminal is left as it was.
func readUnseen(ctx context.Context, terminal int) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	type result struct {
		line []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		line, err := term.ReadPassword(terminal)
		read <- result{line, err}
	}()
	select {
	case r := <-read:
		return string(r.line), r.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	}
}
