package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

func messagesCommand(connect Connect) *cobra.Command {
	var env, level, since string
	var filter client.MessageFilter
	cmd := &cobra.Command{
		Use:     "messages",
		Short:   "Show what happened: scans that began and ended, and what went wrong",
		Example: "  calipso messages -e lab --level warn --since 2d\n  calipso messages viewed -e lab --all",
		Args:    cobra.NoArgs,
	}
	f := cmd.Flags()
	f.StringVarP(&env, "env", "e", "", "name of the environment; all when left out")
	f.StringVar(&level, "level", model.LevelInfo, "this level and what is worse: "+strings.Join(model.Levels(), ", "))
	f.StringVar(&since, "since", "", "how long ago (90m, 12h, 7d), or from when (2026-01-31, 2026-01-31T02:00:00Z)")
	f.StringVar(&filter.Scan, "scan", "", "only what is about this scan")
	f.BoolVar(&filter.Unseen, "unseen", false, "only what has not been marked as viewed")
	f.IntVar(&filter.Limit, "limit", 100, "the latest so many; 0 for all")
	output := outputFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		filter.Environment = env
		if filter.Levels, err = levelsFrom(level); err != nil {
			return err
		}
		if filter.Since, err = sinceTime(since, time.Now()); err != nil {
			return err
		}
		return withClient(cmd, connect, false, func(c *client.Client) error { return printMessages(cmd, c, filter, output) })
	}
	cmd.AddCommand(changeMessagesCommand(connect, "viewed", "Mark messages as viewed", (*client.Client).MarkMessages),
		changeMessagesCommand(connect, "delete", "Delete messages", (*client.Client).DeleteMessages))
	return cmd
}

func printMessages(cmd *cobra.Command, c *client.Client, filter client.MessageFilter, output *format) error {
	messages, err := c.Messages(cmd.Context(), filter)
	if err != nil {
		return err
	}
	return output.print(cmd.OutOrStdout(), messages, func(w io.Writer) error {
		var rows [][]string
		for _, m := range messages {
			rows = append(rows, []string{timeText(&m.Timestamp), m.Level, m.Environment, strings.TrimSpace(m.RelatedObjectType + " " + m.RelatedObject), messageText(m), m.ID})
		}
		return printTable(w, []string{"TIME", "LEVEL", "ENVIRONMENT", "ABOUT", "MESSAGE", "ID"}, rows)
	})
}

// messageText is the message in words; what is not text, as a cloud's notification, is shown as JSON.
func messageText(m model.Message) string {
	if text, ok := m.Message.(string); ok {
		return text
	}
	text, _ := json.Marshal(m.Message) // of what was decoded from JSON: it can't fail
	return string(text)
}

// levelsFrom returns a level and those that are worse.
func levelsFrom(level string) ([]string, error) {
	levels := model.Levels()
	i := slices.Index(levels, strings.ToLower(level))
	if i < 0 {
		return nil, fmt.Errorf("--level %s: it is one of %s", level, strings.Join(levels, ", "))
	}
	return levels[:i+1], nil
}

// sinceTime reads a time, or how long it is ago; the zero time is for "".
func sinceTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("--since %s: it is how long ago, such as 90m, 12h or 7d, or from when, such as 2026-01-31 or 2026-01-31T02:00:00Z", text)
}

// changeMessagesCommand makes a command that does something to messages of an environment.
func changeMessagesCommand(connect Connect, verb, short string, change func(*client.Client, context.Context, string, ...string) (int, error)) *cobra.Command {
	var p place
	var all bool
	cmd := &cobra.Command{Use: verb + " [ID…]", Short: short + " of an environment, by their ids or all"}
	p.envFlag(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all messages of the environment")
	cmd.RunE = func(cmd *cobra.Command, ids []string) error {
		if all == (len(ids) > 0) {
			return fmt.Errorf("messages %s: give either ids or --all", verb)
		}
		return withClient(cmd, connect, false, func(c *client.Client) error {
			if err := p.resolve(cmd.Context(), c); err != nil {
				return err
			}
			n, err := change(c, cmd.Context(), p.env, ids...)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d messages of %s\n", verb, n, safe(p.env))
			}
			return err
		})
	}
	return cmd
}
