package cli

import (
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
)

func hostKeysCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "host-keys NAME", Short: "List the SSH host keys that were accepted for an environment's hosts", Args: cobra.ExactArgs(1)}
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		keys, err := c.HostKeys(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		rows := [][]string{}
		for _, k := range keys {
			rows = append(rows, []string{k.Host, k.Fingerprint, timeText(&k.Accepted)})
		}
		return output.print(cmd.OutOrStdout(), keys, func(w io.Writer) error {
			return printTable(w, []string{"HOST", "FINGERPRINT", "ACCEPTED"}, rows)
		})
	})
	return cmd
}

func acceptHostKeyCommand(connect Connect) *cobra.Command {
	return &cobra.Command{
		Use:   "accept-host-key NAME HOST[:PORT]",
		Short: "Forget the SSH host key of a host that was installed anew; the next one is accepted",
		Args:  cobra.ExactArgs(2),
		RunE: connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
			host := hostAndPort(args[1])
			if err := c.DeleteHostKey(cmd.Context(), args[0], host); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "the next host key of %s is accepted\n", safe(host))
			return nil
		}),
	}
}

// hostAndPort adds the port of SSH to a host that is named without one.
func hostAndPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), "22")
}
