package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
)

func exportCommand(connect Connect) *cobra.Command {
	var p place
	var file string
	cmd := &cobra.Command{
		Use:   "export -e ENV",
		Short: "Write inventory, links and cliques as JSON lines",
		Long:  `Write inventory, links and cliques as JSON lines: {"collection": "inventory|links|cliques", "document": {…}}.`,
		Args:  cobra.NoArgs,
	}
	p.flags(cmd)
	cmd.Flags().StringVarP(&file, "file", "f", "-", `where to; "-" is standard output`)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		if err := p.resolve(cmd.Context(), c); err != nil {
			return err
		}
		write := func(w io.Writer) error { return c.Export(cmd.Context(), p.env, p.inventory, w) }
		if file == "-" {
			return write(cmd.OutOrStdout())
		}
		return writeFile(file, write)
	})
	return cmd
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
