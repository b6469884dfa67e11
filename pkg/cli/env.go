package cli

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
)

func envCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "env", Short: "Manage environments: the clouds to discover"}
	cmd.AddCommand(envAddCommand(connect), envListCommand(connect), envShowCommand(connect), envDeleteCommand(connect), envDiscoverCommand(), envTestCommand(connect),
		hostKeysCommand(connect), acceptHostKeyCommand(connect))
	return cmd
}

func envAddCommand(connect Connect) *cobra.Command {
	var file string
	var replace, force bool
	cmd := &cobra.Command{
		Use:   "add -f FILE",
		Short: "Add environments from a JSON or YAML file",
		Long: "Add environments from a JSON or YAML file, which holds one document or a list.\n" +
			"A key of a CLI section that is the path of a file is replaced by the file's content; paths are relative to FILE.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			documents, err := readEnvironments(file, cmd.InOrStdin())
			if err != nil {
				return err
			}
			return withClient(cmd, connect, false, func(c *client.Client) error {
				return addEnvironments(cmd, c, documents, replace, force)
			})
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", `the file; "-" is standard input`)
	cmd.Flags().BoolVar(&replace, "replace", false, "replace environments that exist already")
	cmd.Flags().BoolVar(&force, "force", false, "also environments that are not supported")
	cmd.MarkFlagRequired("file")
	return cmd
}

func addEnvironments(cmd *cobra.Command, c *client.Client, documents []envDocument, replace, force bool) error {
	var options []client.EnvironmentOption
	if force {
		options = append(options, client.Force)
	}
	for _, document := range documents {
		name := document.name()
		done := "added"
		err := c.AddEnvironment(cmd.Context(), document, options...)
		if client.StatusOf(err) == http.StatusConflict {
			if !replace {
				return fmt.Errorf("environment %s: %w (--replace replaces it)", name, err)
			}
			done = "replaced"
			err = c.ReplaceEnvironment(cmd.Context(), name, document, options...)
		}
		if err != nil {
			return fmt.Errorf("environment %s: %w", name, err)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "environment %s %s\n", safe(name), done)
	}
	return nil
}

func envListCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the environments", Args: cobra.NoArgs}
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		environments, err := c.Environments(cmd.Context())
		if err != nil {
			return err
		}
		entries := []envEntry{}
		rows := [][]string{}
		for _, e := range environments {
			entries = append(entries, envEntry{e.Name, e.Kind(), e.Distribution, e.DistributionVersion, e.MechanismDrivers, e.TypeDrivers, e.LastScanned})
			rows = append(rows, []string{e.Name, e.Kind(), e.Distribution, e.DistributionVersion,
				strings.Join(e.MechanismDrivers, ", "), e.TypeDrivers, timeText(e.LastScanned)})
		}
		return output.print(cmd.OutOrStdout(), entries, func(w io.Writer) error {
			return printTable(w, []string{"NAME", "TYPE", "DISTRIBUTION", "VERSION", "MECHANISM", "TYPE DRIVER", "LAST SCANNED"}, rows)
		})
	})
	return cmd
}

// envEntry is what a list of environments tells of one.
type envEntry struct {
	Name                string     `json:"name"`
	EnvironmentType     string     `json:"environment_type"`
	Distribution        string     `json:"distribution"`
	DistributionVersion string     `json:"distribution_version"`
	MechanismDrivers    []string   `json:"mechanism_drivers"`
	TypeDrivers         string     `json:"type_drivers"`
	LastScanned         *time.Time `json:"last_scanned,omitempty"`
}

func envShowCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "show NAME", Short: "Show an environment, its secrets masked", Args: cobra.ExactArgs(1)}
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		env, err := c.Environment(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return output.print(cmd.OutOrStdout(), env, func(w io.Writer) error { return printAttributes(w, env) })
	})
	return cmd
}

func envDeleteCommand(connect Connect) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{Use: "delete NAME", Short: "Delete an environment and all that is known of it", Args: cobra.ExactArgs(1)}
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		if !yes {
			if err := confirm(cmd, args[0]); err != nil {
				return err
			}
		}
		if err := c.DeleteEnvironment(cmd.Context(), args[0]); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "environment %s deleted\n", safe(args[0]))
		return nil
	})
	return cmd
}

// confirm asks for the name of the environment that is about to be deleted.
func confirm(cmd *cobra.Command, name string) error {
	fmt.Fprintf(cmd.ErrOrStderr(), "This deletes %s with its inventory, links, cliques, scans, schedules and host keys. Type its name: ", safe(name))
	answer, _ := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if strings.TrimSpace(answer) != name {
		return fmt.Errorf("%s is not deleted: confirm with its name, or give --yes", name)
	}
	return nil
}

func timeText(t *time.Time) string {
	if t == nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
