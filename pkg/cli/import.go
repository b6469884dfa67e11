package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

func importCommand(connect Connect) *cobra.Command {
	var keyFile string
	var dryRun, force bool
	var p place
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Import an inventory, or environments, clique types, link types and clique constraints from a file",
		Long: "Import what calipso export has written; \"-\" is standard input.\n" +
			"Environments, clique types, link types and clique constraints are JSON or YAML. All of it is checked before anything is written, and\n" +
			"importing it again changes nothing. Masked secrets stay what they are.\n" +
			"An inventory, which is JSON lines, is imported into one that has nothing of its environment: an alternate one (-y), or the\n" +
			"inventory of an environment that was never scanned.",
		Example: "  calipso import environments.yaml --dry-run\n  calipso import customer.jsonl -e customer -y monday",
		Args:    cobra.ExactArgs(1),
	}
	p.flags(cmd)
	output := outputFlag(cmd)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be done")
	cmd.Flags().BoolVar(&force, "force", false, "also environments that are not supported")
	cmd.Flags().StringVar(&keyFile, "key", "", "the file that has the key that secrets were encrypted with")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file, isInventory, err := openImport(args[0], cmd.InOrStdin())
		if err != nil {
			return err
		}
		defer file.Close()
		if isInventory || p != (place{}) {
			return withClient(cmd, connect, false, func(c *client.Client) error { return importInventory(cmd, c, p, dryRun, file, output) })
		}
		documents, err := readImport(args[0], keyFile, file)
		if err != nil {
			return err
		}
		return withClient(cmd, connect, false, func(c *client.Client) error {
			done, err := c.Import(cmd.Context(), documents, dryRun, force)
			if err != nil {
				return err
			}
			return output.print(cmd.OutOrStdout(), done, func(w io.Writer) error { return printImported(w, done) })
		})
	}
	return cmd
}

// readImport reads documents, whose secrets it decrypts with the key of another file.
func readImport(file, keyFile string, from io.Reader) (documents wire.Import, err error) {
	text, err := io.ReadAll(from)
	if err != nil {
		return documents, fmt.Errorf("read what is to be imported: %w", err)
	}
	if _, err := document.Read(document.Source{File: file, Content: text}, &documents); err != nil {
		return documents, err
	}
	if len(documents.Environments)+len(documents.LinkTypes)+len(documents.CliqueTypes)+len(documents.CliqueConstraints) == 0 {
		return documents, fmt.Errorf("%s has none of the keys environments, link_types, clique_types and clique_constraints, or nothing in them", file)
	}
	for i, doc := range documents.Environments {
		if documents.Environments[i], err = decrypted(doc, keyFile); err != nil {
			return documents, fmt.Errorf("%s: environments[%d]: %w", file, i, err)
		}
	}
	return documents, nil
}

// decrypted returns an environment with its secrets in clear, as they go to the server. One without encrypted secrets is returned
// as it is: what is wrong with it the server says.
func decrypted(doc map[string]any, keyFile string) (map[string]any, error) {
	data, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var env model.Environment
	if json.Unmarshal(data, &env) != nil || !auth.HasSealed(&env) {
		return doc, nil
	}
	if keyFile == "" {
		return nil, errors.New("its secrets are encrypted: give the file with the key as --key FILE")
	}
	text, err := keyOfFile(keyFile)
	if err != nil {
		return nil, err
	}
	key, err := auth.LoadKey("", text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyFile, err)
	}
	sealer, err := auth.NewSealer(key)
	if err != nil {
		return nil, err
	}
	opened, err := sealer.OpenEnvironment(&env)
	if err != nil {
		return nil, err
	}
	doc["configuration"] = opened.Configuration
	return doc, nil
}

func printImported(w io.Writer, done wire.Imported) error {
	var rows [][]string
	for _, change := range done.Changes {
		rows = append(rows, []string{change.Action, change.Collection, change.Name})
	}
	if err := printTable(w, []string{"ACTION", "COLLECTION", "NAME"}, rows); err != nil {
		return err
	}
	if !done.Written {
		_, err := fmt.Fprintln(w, "\nNothing was written: this was a dry run.")
		return err
	}
	return nil
}
