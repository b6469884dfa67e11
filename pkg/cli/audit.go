package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

func auditCommand(connect Connect) *cobra.Command {
	var filter client.AuditFilter
	var since string
	cmd := &cobra.Command{
		Use: "audit", Short: "Show who changed what, logged in or tried to", Args: cobra.NoArgs,
		Example: "  calipso audit --since 2d --user ann\n  calipso audit -e lab -o json\n  calipso audit --kind login --result refused",
	}
	f := cmd.Flags()
	f.StringVarP(&filter.Environment, "env", "e", "", "only what changed this environment, or something of it")
	f.StringVar(&filter.User, "user", "", "only what this user did")
	f.StringVar(&filter.Kind, "kind", "", "login, logout, or what it is about: environment_configs, scans, users …")
	f.StringVar(&filter.Result, "result", "", strings.Join(model.AuditResults(), ", "))
	f.StringVar(&since, "since", "", "how long ago (90m, 12h, 7d), or from when (2026-01-31, 2026-01-31T02:00:00Z)")
	f.IntVar(&filter.Limit, "limit", 100, "the latest so many; 0 for all")
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if filter.Since, err = sinceTime(since, time.Now()); err != nil {
			return err
		}
		return withClient(cmd, connect, false, func(c *client.Client) error {
			entries, err := c.Audit(cmd.Context(), filter)
			if err != nil {
				return err
			}
			return output.print(cmd.OutOrStdout(), entries, func(w io.Writer) error { return printAudit(w, entries) })
		})
	}
	return cmd
}

func printAudit(w io.Writer, entries []model.AuditEntry) error {
	var rows [][]string
	for _, e := range entries {
		rows = append(rows, []string{timeText(&e.Timestamp), e.User, e.Address, e.Method, strings.TrimSpace(e.Kind + " " + e.Resource), e.Result, changedText(e)})
	}
	return printTable(w, []string{"TIME", "USER", "FROM", "METHOD", "WHAT", "RESULT", "CHANGED"}, rows)
}

// changedText says in short what was changed, or why nothing was.
func changedText(e model.AuditEntry) string {
	if e.Error != "" {
		return e.Error
	}
	var words []string
	for _, change := range e.Changes {
		switch {
		case change.More > 0:
			words = append(words, fmt.Sprintf("%d more %s", change.More, change.Collection))
		case len(change.Fields) > 3:
			words = append(words, fmt.Sprintf("%s (%d values)", change.Collection, len(change.Fields)))
		default:
			words = append(words, change.Collection+fieldsText(change.Fields))
		}
	}
	if e.Note != "" {
		words = append(words, e.Note)
	}
	return strings.Join(words, "; ")
}

func fieldsText(fields []model.AuditField) string {
	text := ""
	for _, f := range fields {
		text += fmt.Sprintf(" %s: %q → %q", f.Path, f.Before, f.After)
	}
	return text
}
