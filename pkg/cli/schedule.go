package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

func scheduleCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "schedule", Short: "Manage scheduled scans: those that a running scheduler asks for, time and again"}
	cmd.AddCommand(scheduleAddCommand(connect), scheduleListCommand(connect), scheduleShowCommand(connect), scheduleRemoveCommand(connect))
	return cmd
}

func scheduleAddCommand(connect Connect) *cobra.Command {
	var o scheduleOptions
	cmd := &cobra.Command{
		Use:   "add -e ENV (--freq FREQUENCY | --cron EXPRESSION)",
		Short: "Scan an environment, or one object of it, time and again",
		Example: "  calipso schedule add -e lab --freq daily\n" +
			"  calipso schedule add -e lab --freq weekly --start 2026-01-31T02:00:00+01:00 --timezone Europe/Zurich --clear\n" +
			"  calipso schedule add -e lab --cron \"30 2 * * 1-5\" --timezone Europe/Zurich",
		Args: cobra.NoArgs,
	}
	o.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		return connected(connect, o.add)(cmd, args)
	}
	return cmd
}

// scheduleOptions are the options of the command schedule add.
type scheduleOptions struct {
	scanOptions
	freq, cron, timeZone, start string
}

func (o *scheduleOptions) flags(cmd *cobra.Command) {
	o.scanOptions.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.freq, "freq", "", "how often: "+strings.ToLower(strings.Join(model.Frequencies(), ", ")))
	f.StringVar(&o.start, "start", "", "when --freq begins to count, such as 2026-01-31T02:00:00Z; now when left out")
	f.StringVar(&o.cron, "cron", "", "when: minute, hour, day of month, month and day of week, as for cron")
	f.StringVar(&o.timeZone, "timezone", "", "whose calendar and clocks count, such as Europe/Zurich; UTC when left out")
	cmd.MarkFlagsOneRequired("freq", "cron")
	cmd.MarkFlagsMutuallyExclusive("freq", "cron")
}

func (o *scheduleOptions) check() error {
	if o.start != "" {
		if _, err := time.Parse(time.RFC3339, o.start); err != nil {
			return fmt.Errorf("--start %s: it must be a time such as 2026-01-31T02:00:00Z", o.start)
		}
	}
	return o.scanOptions.check()
}

func (o *scheduleOptions) add(cmd *cobra.Command, c *client.Client, _ []string) error {
	scan, err := o.request(cmd.Context(), c)
	if err != nil {
		return err
	}
	id, next, err := c.AddSchedule(cmd.Context(), wire.ScheduleRequest{ScanRequest: scan, Freq: strings.ToUpper(o.freq), Cron: o.cron,
		TimeZone: o.timeZone, SubmitTimestamp: o.start})
	if err != nil {
		return fmt.Errorf("schedule of %s: %w", o.env, err)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "schedule %s of %s: the next scan is at %s\n", id, safe(o.env), timeText(&next))
	return nil
}

func scheduleListCommand(connect Connect) *cobra.Command {
	var env string
	cmd := &cobra.Command{Use: "list", Short: "List the schedules, the next run first", Args: cobra.NoArgs}
	cmd.Flags().StringVarP(&env, "env", "e", "", "name of the environment; all when left out")
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, _ []string) error {
		schedules, err := c.Schedules(cmd.Context(), env)
		if err != nil {
			return err
		}
		entries := []scheduleEntry{}
		rows := [][]string{}
		for _, s := range schedules {
			entries = append(entries, scheduleEntry{s.ID, s.Environment, s.Freq, s.Cron, s.TimeZone, s.ScheduledTimestamp, s.LastRun, s.LastScan, s.LastError})
			rows = append(rows, []string{s.ID, s.Environment, strings.TrimSpace(s.Freq + s.Cron + " " + s.TimeZone), timeText(&s.ScheduledTimestamp),
				timeText(s.LastRun), s.LastError})
		}
		return output.print(cmd.OutOrStdout(), entries, func(w io.Writer) error {
			return printTable(w, []string{"SCHEDULE", "ENVIRONMENT", "WHEN", "NEXT RUN", "LAST RUN", "LAST ERROR"}, rows)
		})
	})
	return cmd
}

// scheduleEntry is what a list of schedules tells of one.
type scheduleEntry struct {
	ID          string     `json:"id"`
	Environment string     `json:"environment"`
	Freq        string     `json:"freq,omitempty"`
	Cron        string     `json:"cron,omitempty"`
	TimeZone    string     `json:"timezone,omitempty"`
	Scheduled   time.Time  `json:"scheduled_timestamp"`
	LastRun     *time.Time `json:"last_run,omitempty"`
	LastScan    string     `json:"last_scan,omitempty"`
	LastError   string     `json:"last_error,omitempty"`
}

func scheduleShowCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{Use: "show SCHEDULE", Short: "Show a schedule and its next runs", Args: cobra.ExactArgs(1)}
	output := outputFlag(cmd)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		s, err := c.Schedule(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return output.print(cmd.OutOrStdout(), s, func(w io.Writer) error { return printAttributes(w, s) })
	})
	return cmd
}

func scheduleRemoveCommand(connect Connect) *cobra.Command {
	return &cobra.Command{
		Use:   "rm SCHEDULE…",
		Short: "Remove schedules; scans that they have asked for go on",
		Args:  cobra.MinimumNArgs(1),
		RunE: connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
			for _, id := range args {
				if err := c.DeleteSchedule(cmd.Context(), id); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "schedule %s removed\n", safe(id))
			}
			return nil
		}),
	}
}
