package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

// sideInventory is where verify scans into.
const sideInventory = "verify"

func verifyCommand(connect Connect) *cobra.Command {
	var p place
	var keep bool
	cmd := &cobra.Command{
		Use:   "verify -e ENV",
		Short: "Scan an environment anew, and show where its inventory differs from what there is",
		Long: "Scan an environment into an inventory of its own, \"" + sideInventory + "\", and show where the inventory differs from it,\n" +
			"document by document: objects, links and cliques. Times, and what a cloud counts all by itself, are not compared.\n" +
			"The inventory is not changed.\n\n" +
			"Exit status: 0 no difference, 1 differences, 2 the scan could not read everything, or verify could not be run,\n130 interrupted.",
		Args: cobra.NoArgs,
	}
	p.flags(cmd)
	cmd.Flags().BoolVar(&keep, "keep", false, "keep the inventory \""+sideInventory+"\" to look into it")
	output := outputFlag(cmd, formatText, formatJSON, formatYAML)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withClient(cmd, connect, true, func(c *client.Client) error {
			if err := p.resolve(cmd.Context(), c); err != nil {
				return err
			}
			found, err := verify(cmd, c, p, keep)
			if err != nil {
				return err
			}
			return report(cmd.OutOrStdout(), output, p.env, found)
		})
	}
	return cmd
}

// verify scans, compares, and removes what was scanned unless it is to be kept.
func verify(cmd *cobra.Command, c *client.Client, p place, keep bool) (found []difference, err error) {
	ctx := cmd.Context()
	if err := alone(ctx, c, p.env, ""); err != nil {
		return nil, err
	}
	id, err := c.StartScan(ctx, client.ScanRequest{Environment: p.env, Inventory: sideInventory, Clear: true})
	if err != nil {
		return nil, fmt.Errorf("scan of %s: %w", p.env, err)
	}
	// Another one may have looked at the same time, and found nobody either: of two the later one gives way.
	if err := alone(ctx, c, p.env, id); err != nil {
		return nil, errors.Join(err, c.AbortScan(context.WithoutCancel(ctx), id))
	}
	defer func() {
		if later := overtaken(ctx, c, p.env, id); later != nil {
			found, err = nil, errors.Join(err, later) // what was scanned is the other one's to remove
		} else if !keep {
			err = errors.Join(err, forget(ctx, c, p.env))
		}
	}()
	scan, err := watch(ctx, cmd.ErrOrStderr(), c, id)
	if ctx.Err() != nil {
		return nil, &ExitError{ExitInterrupted}
	}
	if err != nil {
		return nil, err
	}
	if scan.Status != model.ScanCompleted {
		return nil, fmt.Errorf("scan %s is %s, so there is nothing to compare with: `calipso coverage %s` shows what could not be read", id, scan.Status, id)
	}
	return differences(ctx, c, p)
}

// alone is an error when another verify of the environment is at work. Its inventory is this one's, too. Of scans that were
// asked for later than the own one, unless that is "", it takes no notice.
func alone(ctx context.Context, c *client.Client, env, own string) error {
	scans, err := c.Scans(ctx, env, "")
	if err != nil {
		return fmt.Errorf("list the scans of %s: %w", env, err)
	}
	earlier := own == ""
	for _, scan := range scans { // the latest first
		if earlier && scan.Inventory == sideInventory && !model.Ended(scan.Status) {
			return fmt.Errorf("%s is being verified already, by scan %s: try again when that has ended", env, scan.ID)
		}
		earlier = earlier || scan.ID == own
	}
	return nil
}

// overtaken is an error when another verify has begun since the scan: while this one compared, it saw that one's scan.
func overtaken(ctx context.Context, c *client.Client, env, own string) error {
	scans, err := c.Scans(context.WithoutCancel(ctx), env, "")
	if err != nil {
		return fmt.Errorf("list the scans of %s: %w", env, err)
	}
	for _, scan := range scans { // the latest first
		if scan.ID == own {
			return nil
		}
		if scan.Inventory == sideInventory && scan.Status != model.ScanAborted {
			return fmt.Errorf("another verify of %s, by scan %s, began before this one had compared everything: verify again when that has ended", env, scan.ID)
		}
	}
	return nil
}

// forget removes what was scanned. It is done even when the command was interrupted.
func forget(ctx context.Context, c *client.Client, env string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := c.DeleteInventory(ctx, env, sideInventory); err != nil {
		return fmt.Errorf("remove inventory %s: %w", sideInventory, err)
	}
	return nil
}

func report(w io.Writer, output *format, env string, found []difference) error {
	err := output.print(w, struct {
		Differences []difference `json:"differences"`
	}{append([]difference{}, found...)}, func(w io.Writer) error {
		for _, d := range found {
			line := d.Is + " " + d.Collection + " " + d.Document
			if len(d.Fields) > 0 {
				line += ": " + strings.Join(d.Fields, "; ")
			}
			if _, err := fmt.Fprintln(w, safe(line)); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(w, "%s: %d differences\n", safe(env), len(found))
		return err
	})
	if err == nil && len(found) > 0 {
		err = &ExitError{ExitWithErrors}
	}
	return err
}
