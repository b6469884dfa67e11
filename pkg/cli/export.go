package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/export"
)

func exportCommand(connect Connect) *cobra.Command {
	var p place
	var file, focal string
	var options client.ExportOptions
	cmd := &cobra.Command{
		Use:   "export -e ENV",
		Short: "Write inventory, links and cliques to a file, or environments and clique types",
		Long: "Write what scans found of an environment: inventory, links and cliques.\n" +
			`As JSON lines each is {"collection": "inventory|links|cliques", "document": {…}}; CSV is a table of one collection; GraphML and DOT are the graph of objects and links.`,
		Args: cobra.NoArgs,
	}
	p.flags(cmd)
	cmd.Flags().StringVarP(&file, "file", "f", "-", `where to; "-" is standard output`)
	cmd.Flags().StringVar(&options.Format, "format", export.JSONLines, "one of "+strings.Join(export.Formats(), ", "))
	cmd.Flags().StringVar(&options.Collection, "collection", "", "only this: "+strings.Join(export.Collections(), ", "))
	cmd.Flags().StringVar(&focal, "focal-point", "", "only the clique of this object, by its id or unique name")
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		if err := p.resolve(cmd.Context(), c); err != nil {
			return err
		}
		if focal != "" {
			object, err := p.locate(cmd.Context(), c, "", focal)
			if err != nil {
				return err
			}
			options.FocalPoint = object.DBID()
		}
		options.Environment, options.Inventory = p.env, p.inventory
		return writeTo(cmd, file, func(w io.Writer) error { return c.ExportAs(cmd.Context(), options, w) })
	})
	cmd.AddCommand(exportEnvironmentCommand(connect), exportCliqueTypesCommand(connect))
	return cmd
}

func exportEnvironmentCommand(connect Connect) *cobra.Command {
	var file, keyFile string
	var secrets bool
	cmd := &cobra.Command{
		Use:   "environment NAME",
		Short: "Write an environment's document, its secrets masked or encrypted with a key",
		Long: "Write an environment's document, for calipso import. Its secrets are masked, unless there are --with-secrets and --key: then they\n" +
			"are encrypted with the key that is in the file, 32 bytes as `openssl rand -base64 32` prints them.",
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVarP(&file, "file", "f", "-", `where to; "-" is standard output`)
	cmd.Flags().BoolVar(&secrets, "with-secrets", false, "with the secrets, encrypted: takes the role manage-users")
	cmd.Flags().StringVar(&keyFile, "key", "", "the file that has the key to encrypt them with")
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		if secrets != (keyFile != "") {
			return errors.New("--with-secrets and --key FILE go together: secrets are only written encrypted")
		}
		document, err := exportedEnvironment(cmd, c, args[0], keyFile)
		if err != nil {
			return err
		}
		return writeTo(cmd, file, func(w io.Writer) error { return writeJSON(w, map[string]any{"environments": []any{document}}) })
	})
	return cmd
}

func exportedEnvironment(cmd *cobra.Command, c *client.Client, name, keyFile string) (any, error) {
	if keyFile == "" {
		return c.Environment(cmd.Context(), name)
	}
	key, err := keyOfFile(keyFile)
	if err != nil {
		return nil, err
	}
	return c.ExportEnvironment(cmd.Context(), name, key)
}

// keyOfFile returns the key that is in a file, as text.
func keyOfFile(file string) (string, error) {
	key, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the key (--key): %w", err)
	}
	return strings.TrimSpace(string(key)), nil
}

func exportCliqueTypesCommand(connect Connect) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "clique-types",
		Short: "Write the clique types, link types and clique constraints that were made over the API",
		Args:  cobra.NoArgs,
	}
	cmd.Flags().StringVarP(&file, "file", "f", "-", `where to; "-" is standard output`)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		var made wire.Import
		made, err := c.MadeCliqueTypes(cmd.Context())
		if err != nil {
			return err
		}
		return writeTo(cmd, file, func(w io.Writer) error { return writeJSON(w, made) })
	})
	return cmd
}

func writeJSON(w io.Writer, data any) error {
	text, err := encode(data)
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

// writeTo writes to a file, or to standard output for "-".
func writeTo(cmd *cobra.Command, file string, write func(io.Writer) error) error {
	if file == "-" {
		return write(cmd.OutOrStdout())
	}
	return writeFile(file, write)
}

// writeFile writes a file that is either whole or not there: in a temporary one beside it first.
func writeFile(file string, write func(io.Writer) error) (err error) {
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer os.Remove(part.Name()) // nothing is there any more when all went well
	err = write(part)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.Rename(part.Name(), file)
}
