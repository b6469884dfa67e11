package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/event/feed"
)

func eventsCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "events", Short: "See what a cloud tells of changes over its message bus"}
	cmd.AddCommand(tailCommand(connect))
	return cmd
}

func tailCommand(connect Connect) *cobra.Command {
	var p place
	cmd := &cobra.Command{
		Use:     "tail",
		Short:   "Show events as they come and as they are handled, until you interrupt it",
		Example: "  calipso events tail -e lab",
		Args:    cobra.NoArgs,
	}
	p.envFlag(cmd)
	asJSON := cmd.Flags().Bool("json", false, "one JSON object a line, with all that is known")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withClient(cmd, connect, false, func(c *client.Client) error {
			if err := p.resolve(cmd.Context(), c); err != nil {
				return err
			}
			begun := func() { fmt.Fprintf(cmd.ErrOrStderr(), "watching %s; interrupt to end\n", safe(p.env)) }
			err := c.WatchEvents(cmd.Context(), p.env, begun, func(e feed.Entry) error {
				text, err := entryText(e, *asJSON)
				if err == nil {
					_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
				}
				return err
			})
			if cmd.Context().Err() != nil {
				return nil // it has no other end
			}
			return err
		})
	}
	return cmd
}

// entryText is a line about an event: when, what became of it how long after it happened, and what it is.
func entryText(e feed.Entry, asJSON bool) (string, error) {
	if asJSON {
		line, err := json.Marshal(e)
		return string(safeJSON(line)), err
	}
	about := e.Hint.Kind + " " + e.Hint.Object
	if len(e.Hint.Hosts) > 0 {
		about += " on " + strings.Join(e.Hint.Hosts, ", ")
	}
	took := e.At.Sub(e.Timestamp).Round(time.Millisecond)
	line := fmt.Sprintf("%s  %-9s %8s  %-34s  %s  %s", e.At.UTC().Format("15:04:05.000"), e.Stage, "+"+took.String(), e.Type, about, e.Note)
	return safe(strings.TrimSpace(line)), nil
}
