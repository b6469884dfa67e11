package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/pkg/envsource"
)

// discoverOptions are what the commands that make documents have in common.
type discoverOptions struct {
	name, out       string
	host, user, key string
}

func envDiscoverCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "discover", Short: "Make the document of an environment from what its installer left behind",
		Long: "Make the document of an environment from what its installer left behind. It is printed, or written to a file\n" +
			"that only you can read, for `calipso env add -f`. What could not be found is told: fill it in."}
	cmd.AddCommand(discoverApexCommand(), discoverCloudsCommand(), discoverKollaCommand())
	return cmd
}

func (o *discoverOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.name, "name", "", "name of the environment")
	f.StringVarP(&o.out, "out", "o", "", "file to write the document to")
}

func discoverCloudsCommand() *cobra.Command {
	var o discoverOptions
	var cloud string
	cmd := &cobra.Command{Use: "clouds FILE", Short: "From a clouds.yaml", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			found, err := envsource.Clouds(text, cloud)
			return o.write(cmd, found, err)
		}}
	o.flags(cmd)
	cmd.Flags().StringVar(&cloud, "cloud", "", "the cloud, where the file has several")
	return cmd
}

func discoverKollaCommand() *cobra.Command {
	var o discoverOptions
	var inventory string
	cmd := &cobra.Command{Use: "kolla FOLDER --inventory FILE", Short: "From the passwords.yml and globals.yml of Kolla Ansible, and its inventory",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files := envsource.KollaFiles{}
			for path, into := range map[string]*[]byte{filepath.Join(args[0], "passwords.yml"): &files.Passwords,
				filepath.Join(args[0], "globals.yml"): &files.Globals, inventory: &files.Inventory} {
				var err error
				if *into, err = os.ReadFile(path); err != nil {
					return err
				}
			}
			found, err := envsource.Kolla(files)
			return o.write(cmd, found, err)
		}}
	o.flags(cmd)
	cmd.Flags().StringVar(&inventory, "inventory", "", "the inventory that the cloud was deployed by")
	cmd.MarkFlagRequired("inventory")
	return cmd
}

// write prints the document, or writes it to the file; and it says what is missing.
func (o *discoverOptions) write(cmd *cobra.Command, found *envsource.Found, err error) error {
	if err != nil {
		return err
	}
	if o.name != "" {
		found.Name = o.name
	}
	text, err := found.YAML()
	if err != nil {
		return err
	}
	for _, missing := range found.Missing {
		fmt.Fprintln(cmd.ErrOrStderr(), "not found:", safe(missing))
	}
	if o.out == "" {
		_, err = cmd.OutOrStdout().Write(text)
		return err
	}
	return writeNew(o.out, text)
}

// writeNew writes a file that only its owner can read; one that is there is left alone.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: move it away, or choose another name", path)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// readKeyFile returns the text of a private key; "~/" is the user's home.
func readKeyFile(path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		path = filepath.Join(home, rest)
	}
	text, err := os.ReadFile(path)
	return string(text), err
}
