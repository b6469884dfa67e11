package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
)

func userListCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List users and what they may do", Args: cobra.NoArgs}
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		users, err := c.Users(cmd.Context())
		if err != nil {
			return err
		}
		return output.print(cmd.OutOrStdout(), users, func(w io.Writer) error {
			var rows [][]string
			for _, u := range users {
				rows = append(rows, []string{u.Name, strings.Join(u.Roles, ", "), strings.Join(u.View, ", "), strings.Join(u.Edit, ", ")})
			}
			return printTable(w, []string{"USER", "ROLES", "MAY SEE", "MAY CHANGE"}, rows)
		})
	})
	return cmd
}

// grantFlags are the flags that say what a user may do. Those that are not given leave it as it is.
type grantFlags struct{ roles, view, edit []string }

func (g *grantFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&g.roles, "roles", nil, "roles for all environments: "+strings.Join(auth.Roles(), ", ")+`; "" for none`)
	f.StringSliceVar(&g.view, "view-env", nil, `environments that the user may see; "" for none`)
	f.StringSliceVar(&g.edit, "edit-env", nil, `environments that the user may see and change; "" for none`)
}

func (g *grantFlags) grants(cmd *cobra.Command) wire.UserGrants {
	given := func(name string, list *[]string) *[]string {
		if !cmd.Flags().Changed(name) {
			return nil
		}
		*list = append([]string{}, *list...) // an empty list, not none
		return list
	}
	return wire.UserGrants{Roles: given("roles", &g.roles), View: given("view-env", &g.view), Edit: given("edit-env", &g.edit)}
}

func userAddCommand(connect Connect) *cobra.Command {
	var flags grantFlags
	cmd := &cobra.Command{Use: "add NAME", Short: "Make a user; the password is asked for, or is the first line of the standard input",
		Example: "  calipso user add ann --view-env lab,prod\n  calipso user add bob --roles view-env,manage-clique-types", Args: cobra.ExactArgs(1)}
	flags.add(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		password, err := readPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
		if err != nil {
			return err
		}
		if err := c.AddUser(cmd.Context(), wire.NewUser{Name: args[0], Password: password, UserGrants: flags.grants(cmd)}); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "user %s can log in\n", safe(args[0]))
		return nil
	})
	return cmd
}

func userSetCommand(connect Connect) *cobra.Command {
	var flags grantFlags
	cmd := &cobra.Command{Use: "set NAME", Short: "Change what a user may do; each flag replaces what there was",
		Example: "  calipso user set ann --edit-env lab --roles \"\"", Args: cobra.ExactArgs(1)}
	flags.add(cmd)
	cmd.MarkFlagsOneRequired("roles", "view-env", "edit-env")
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		if err := c.SetUser(cmd.Context(), args[0], flags.grants(cmd)); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "user %s is changed\n", safe(args[0]))
		return nil
	})
	return cmd
}

func userRemoveCommand(connect Connect) *cobra.Command {
	return &cobra.Command{Use: "remove NAME…", Short: "Remove users, all of their logins and all of their rights", Args: cobra.MinimumNArgs(1),
		RunE: connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
			for _, name := range args {
				if err := c.DeleteUser(cmd.Context(), name); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "user %s removed\n", safe(name))
			}
			return nil
		})}
}

func userLogoutCommand(connect Connect) *cobra.Command {
	var source string
	cmd := &cobra.Command{Use: "logout NAME", Short: "End all logins of a user, also of one that a directory knows: tokens, sessions and keys", Args: cobra.ExactArgs(1)}
	cmd.Flags().StringVar(&source, "source", "", "only of the user that local, ldap or oidc knows by this name")
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		n, err := c.EndLogins(cmd.Context(), args[0], source)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%d logins of %s ended\n", n, safe(args[0]))
		return nil
	})
	return cmd
}

func userRolesCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "roles", Short: "List the roles, and what they allow", Args: cobra.NoArgs}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var rows [][]string
		for _, role := range auth.Roles() {
			rows = append(rows, []string{role, auth.Allows(role)})
		}
		return printTable(cmd.OutOrStdout(), []string{"ROLE", "ALLOWS"}, rows)
	}
	return cmd
}
