package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
)

func scansCommand(connect Connect) *cobra.Command {
	var env string
	cmd := &cobra.Command{Use: "scans", Short: "List the scans, the newest first", Args: cobra.NoArgs}
	cmd.Flags().StringVarP(&env, "env", "e", "", "name of the environment; all when left out")
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		scans, err := c.Scans(cmd.Context(), env, "")
		if err != nil {
			return err
		}
		rows := [][]string{}
		for _, s := range scans {
			rows = append(rows, []string{s.ID, s.Environment, s.Inventory, s.Status, timeText(&s.SubmitTimestamp), timeText(s.StartTimestamp), timeText(s.EndTimestamp)})
		}
		return output.print(cmd.OutOrStdout(), append([]wire.ScanEntry{}, scans...), func(w io.Writer) error {
			return printTable(w, []string{"SCAN", "ENVIRONMENT", "INVENTORY", "STATUS", "SUBMITTED", "STARTED", "ENDED"}, rows)
		})
	})
	cmd.AddCommand(abortCommand(connect))
	return cmd
}

func abortCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "abort SCAN",
		Short: "End a scan that waits or runs; what it found so far stays",
		Args:  cobra.ExactArgs(1),
	}
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		if err := c.AbortScan(cmd.Context(), args[0]); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "scan %s aborted\n", safe(args[0]))
		return nil
	})
	return cmd
}
