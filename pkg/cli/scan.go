package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
)

func scanCommand(connect Connect) *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use:   "scan -e ENV",
		Short: "Discover an environment, or one object of it, and show what was found",
		Long: "Discover an environment, or one object of it with --id, and show what was found and what could not be read.\n\n" +
			"Exit status: 0 completed, 1 completed with errors, 2 failed or could not be run, 3 aborted, 130 interrupted.",
		Example: "  calipso scan -e lab\n  calipso scan -e lab --links_only\n  calipso scan -e lab -s -t host -i node-2\n" +
			"  calipso scan -e lab -s -t project -i demo -f name",
		Args: cobra.NoArgs,
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.detach, "detach", false, "don't wait for the scan to end")
	cmd.Flags().BoolVar(&o.refuse, "refuse", false, "don't wait while another scan of the environment waits or runs: refuse")
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		return withClient(cmd, connect, !o.detach, func(c *client.Client) error {
			id, err := o.start(cmd, c)
			if err != nil {
				return err
			}
			if o.detach {
				fmt.Fprintf(cmd.OutOrStdout(), "scan %s of %s: `calipso follow %s` shows how far it is\n", id, safe(o.env), id)
				return nil
			}
			return follow(cmd, c, id, output)
		})
	}
	return cmd
}

// scanOptions are the options of the commands that ask for scans.
type scanOptions struct {
	place
	objectType, id, idField               string
	parentID, parentType                  string
	logLevel                              string
	scanSelf, clear, force                bool
	detach, refuse                        bool
	inventoryOnly, linksOnly, cliquesOnly bool
}

func (o *scanOptions) flags(cmd *cobra.Command) {
	o.place.flags(cmd)
	f := cmd.Flags()
	f.BoolVarP(&o.scanSelf, "scan_self", "s", false, "scan one object, which --id names, and what is below it")
	f.StringVarP(&o.id, "id", "i", "", "the object to scan")
	f.StringVarP(&o.objectType, "type", "t", "", "type of the object, where the id alone is not unique")
	f.StringVarP(&o.idField, "id_field", "f", "id", "what --id is: id, or name")
	f.StringVarP(&o.parentID, "parent_id", "p", "", "id of the object's parent, to tell objects of the same name apart")
	f.StringVarP(&o.parentType, "parent_type", "a", "", "type of the object's parent")
	f.StringVarP(&o.logLevel, "loglevel", "l", "info", "how much is logged: "+strings.Join(logLevels(), ", "))
	f.BoolVar(&o.clear, "clear", false, "delete what is known before scanning, instead of updating it")
	f.BoolVar(&o.force, "force", false, "also an environment for which scanning is not supported")
	f.BoolVar(&o.inventoryOnly, "inventory_only", false, "only read the cloud: no links, no cliques")
	f.BoolVar(&o.linksOnly, "links_only", false, "only find the links of what is in the inventory")
	f.BoolVar(&o.cliquesOnly, "cliques_only", false, "only build the cliques of the links that are known")
}

func logLevels() []string { return []string{"critical", "error", "warning", "info", "debug"} }

// check looks for options that don't go together, before anything is started.
func (o *scanOptions) check() error {
	o.logLevel = strings.ToLower(o.logLevel)
	only := o.only()
	switch {
	case len(only) > 1:
		return fmt.Errorf("%s exclude each other: give one of them, or none for the whole scan", strings.Join(only, " and "))
	case !slices.Contains(logLevels(), o.logLevel):
		return fmt.Errorf("--loglevel %s: it is one of %s", o.logLevel, strings.Join(logLevels(), ", "))
	case o.idField != "id" && o.idField != "name":
		return fmt.Errorf("--id_field %s: it is id or name", o.idField)
	case o.id != "":
		return nil
	case o.scanSelf:
		return fmt.Errorf("--scan_self needs --id: which object to scan")
	case o.objectType != "" && !o.whole():
		return fmt.Errorf("--type %s needs --id: which object to scan", o.objectType)
	case o.parentID != "" || o.parentType != "":
		return fmt.Errorf("--parent_id and --parent_type need --id: which object to scan")
	}
	return nil
}

func (o *scanOptions) only() (flags []string) {
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--inventory_only", o.inventoryOnly}, {"--links_only", o.linksOnly}, {"--cliques_only", o.cliquesOnly}} {
		if flag.set {
			flags = append(flags, flag.name)
		}
	}
	return flags
}

// whole tells whether the type is that of the environment itself.
func (o *scanOptions) whole() bool { return o.objectType == "environment" }
