package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

func followCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "follow SCAN",
		Short: "Follow a scan to its end, as `calipso scan` does; with the same exit status",
		Args:  cobra.ExactArgs(1),
	}
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return withClient(cmd, connect, true, func(c *client.Client) error { return follow(cmd, c, args[0], output) })
	}
	return cmd
}

// follow shows a scan's progress on stderr until it ends, then its result on stdout, and returns how it ended.
func follow(cmd *cobra.Command, c *client.Client, id string, output *format) error {
	ctx := cmd.Context() // of the program: it ends with SIGINT and SIGTERM
	scan, err := watch(ctx, cmd.ErrOrStderr(), c, id)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(cmd.ErrOrStderr(), "interrupted: scan %s is not over: `calipso follow %s` goes on with it, `calipso scans abort %s` ends it\n",
			safe(id), safe(id), safe(id))
		return &ExitError{ExitInterrupted}
	case client.StatusOf(err) != 0:
		return err
	case err != nil: // the connection broke off, not the scan
		return fmt.Errorf("%w: `calipso follow %s` shows the rest", err, id)
	}
	coverage, err := c.Coverage(ctx, id)
	if err != nil {
		return fmt.Errorf("coverage of scan %s: %w", id, err)
	}
	if err := printResult(cmd.OutOrStdout(), output, scan, coverage); err != nil {
		return err
	}
	return ending(scan.Status)
}

func watch(ctx context.Context, w io.Writer, c *client.Client, id string) (scan model.Scan, err error) {
	progress := newProgress(w)
	err = c.ScanEvents(ctx, id, func(event client.Event) error {
		scan = event.Scan
		progress.show(event.Progress, event.Name == client.EventEnd)
		return nil
	})
	return scan, err
}

func printResult(w io.Writer, output *format, scan model.Scan, coverage []model.CoverageRow) error {
	result := struct {
		Scan     model.Scan          `json:"scan"`
		Coverage []model.CoverageRow `json:"coverage"`
	}{scan, coverage}
	return output.print(w, result, func(w io.Writer) error {
		if err := printSummary(w, scan); err != nil {
			return err
		}
		return printCoverage(w, coverage, hosts(coverage) > maxHosts)
	})
}

// ending returns what the command scan ends with when the scan ended with a status.
func ending(status string) error {
	switch status {
	case model.ScanCompleted:
		return nil
	case model.ScanCompletedWithErrors:
		return &ExitError{ExitWithErrors}
	case model.ScanAborted:
		return &ExitError{ExitAborted}
	}
	return &ExitError{ExitFailed}
}

// maxHosts is how many hosts are shown below a scan's summary; of more, only those that were not read in full.
const maxHosts = 20

func hosts(rows []model.CoverageRow) int {
	names := map[string]bool{}
	for _, r := range rows {
		if r.ParentType == model.TypeHost {
			names[r.Parent] = true
		}
	}
	return len(names)
}
