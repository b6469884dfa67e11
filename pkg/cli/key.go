package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
)

// keyCommand returns the command for API keys.
func keyCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "key", Short: "Make API keys for programs, and look after one's own", Args: cobra.NoArgs}
	cmd.AddCommand(keyCreateCommand(connect), keyListCommand(connect), deleteCommand(connect, "Revoke one of one's own API keys", "the key is worth nothing now", (*client.Client).DeleteKey))
	return cmd
}

func keyCreateCommand(connect Connect) *cobra.Command {
	var expires string
	var wanted wire.KeyRequest
	cmd := &cobra.Command{Use: "create NAME", Short: "Make an API key, and print it this once", Args: cobra.ExactArgs(1),
		Example: "  calipso key create nightly-export --read-only --expires 30d"}
	cmd.Flags().BoolVar(&wanted.ReadOnly, "read-only", false, "nothing may be changed by it")
	cmd.Flags().StringVar(&expires, "expires", "90d", "in how many days (30d), or when (2026-12-31, 2026-12-31T12:00:00Z)")
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) (err error) {
		wanted.Name = args[0]
		if wanted.Expires, err = expiry(expires, time.Now()); err != nil {
			return err
		}
		key, err := c.CreateKey(cmd.Context(), wanted)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "it works until %s, and is not shown again\n", timeText(&key.Expires))
		fmt.Fprintln(cmd.OutOrStdout(), key.Secret)
		return nil
	})
	return cmd
}

// expiry is a point in time as the API takes it.
func expiry(text string, now time.Time) (string, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 {
			return now.UTC().AddDate(0, 0, n).Format(time.RFC3339), nil
		}
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Format(time.RFC3339), nil
		}
	}
	return "", fmt.Errorf("--expires %s: it is in how many days, such as 30d, or when, such as 2026-12-31 or 2026-12-31T12:00:00Z", text)
}

func keyListCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List one's own API keys", Args: cobra.NoArgs}
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		keys, err := c.Keys(cmd.Context())
		if err != nil {
			return err
		}
		var rows [][]string
		for _, k := range keys {
			rights := "all of the user's"
			if k.ReadOnly {
				rights = "read only"
			}
			rows = append(rows, []string{k.ID, k.Name, rights, timeText(&k.Issued), timeText(k.Used), timeText(&k.Expires)})
		}
		return output.print(cmd.OutOrStdout(), keys, func(w io.Writer) error {
			return printTable(w, []string{"ID", "NAME", "RIGHTS", "MADE", "USED", "EXPIRES"}, rows)
		})
	})
	return cmd
}
