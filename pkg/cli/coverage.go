package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/coverage"
	"calipso.io/calipso/pkg/model"
)

func coverageCommand(connect Connect) *cobra.Command {
	var hosts []string
	var failed, stale bool
	cmd := &cobra.Command{
		Use:   "coverage SCAN",
		Short: "Show what a scan read, host by host, and what it could not read",
		Long: "Show what a scan read: hosts down, fetchers across, and why something could not be read.\n" +
			"-o table has a line for each host and fetcher, -o csv all warnings, too; --stale lists the objects that could not be read.",
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringSliceVar(&hosts, "host", nil, "only these hosts (or regions, or environments)")
	cmd.Flags().BoolVar(&failed, "failed", false, "only what could not be read or was not reached")
	cmd.Flags().BoolVar(&stale, "stale", false, "list the objects that could not be read again and were kept")
	output := outputFlag(cmd, formatMatrix, formatTable, formatJSON, formatYAML, formatCSV)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		objects, err := c.Stale(cmd.Context(), args[0], hosts...)
		if err != nil {
			return err
		}
		if stale {
			return printStale(cmd.OutOrStdout(), objects, output)
		}
		rows, err := c.Coverage(cmd.Context(), args[0], hosts...)
		if err != nil {
			return err
		}
		return printReport(cmd.OutOrStdout(), rows, objects, failed, output)
	})
	return cmd
}

// printReport writes the coverage in the format that is asked for.
func printReport(w io.Writer, rows []model.CoverageRow, stale []model.StaleObject, failed bool, output *format) error {
	chosen := coverage.Filter(rows, nil, failed)
	report := struct {
		Coverage []model.CoverageRow `json:"coverage"`
		Stale    []model.StaleObject `json:"stale"`
	}{chosen, stale}
	return output.print(w, report, func(w io.Writer) error {
		switch output.value {
		case formatCSV:
			return coverage.WriteCSV(w, chosen)
		case formatTable:
			return printCoverageTable(w, chosen)
		}
		if err := printCoverage(w, rows, failed); err != nil || len(stale) == 0 {
			return err
		}
		_, err := fmt.Fprintf(w, "kept because they could not be read again: %d objects; --stale lists them\n", len(stale))
		return err
	})
}

// printCoverageTable writes a line for each parent and fetcher.
func printCoverageTable(w io.Writer, rows []model.CoverageRow) error {
	var cells [][]string
	for _, r := range rows {
		cells = append(cells, []string{r.ParentType, r.Parent, r.Fetcher, r.Status, fmt.Sprint(r.Found), fmt.Sprint(len(r.Warnings)), coverage.Why(r)})
	}
	if err := printTable(w, []string{"TYPE", "PARENT", "FETCHER", "STATUS", "FOUND", "WARNINGS", "WHY"}, cells); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, coverage.Totals(rows))
	return err
}

// printStale writes the objects that were kept because they could not be read.
func printStale(w io.Writer, objects []model.StaleObject, output *format) error {
	return output.print(w, objects, func(w io.Writer) error {
		if output.value == formatCSV {
			return coverage.WriteStaleCSV(w, objects)
		}
		var rows [][]string
		for _, o := range objects {
			rows = append(rows, []string{o.Type, o.ID, o.Name, o.Host, timeText(&o.Since), o.Reason})
		}
		return printTable(w, []string{"TYPE", "ID", "NAME", "HOST", "SINCE", "REASON"}, rows)
	})
}

// symbols of the matrix; a "!" behind one says that a parser has passed something over.
func symbol(cell *model.CoverageRow) string {
	if cell == nil {
		return ""
	}
	mark := map[string]string{model.ResultOK: "●", model.ResultEmpty: "○", model.ResultFailed: "✗", model.ResultNotReached: "?"}[cell.Status]
	if len(cell.Warnings) > 0 {
		mark += "!"
	}
	return mark
}

const legend = "● found  ○ nothing there  ✗ failed  ? not reached  ! lines passed over"

// printCoverage writes a matrix for each type of parent, with the names of the fetchers as stairs above their columns,
// and below it the causes and the totals. With unread, only what was not read is told, and of which parents.
func printCoverage(w io.Writer, rows []model.CoverageRow, unread bool) error {
	var text strings.Builder
	shown := false
	for _, m := range coverage.Matrices(rows) {
		if unread {
			m = m.Incomplete()
		}
		if len(m.Rows) > 0 {
			writeMatrix(&text, m)
			shown = true
		}
	}
	if shown {
		fmt.Fprintf(&text, "%s\n\n", legend)
	}
	writeCauses(&text, coverage.Causes(coverage.Filter(rows, nil, unread)))
	fmt.Fprintln(&text, coverage.Totals(rows))
	_, err := io.WriteString(w, text.String())
	return err
}

func writeMatrix(text *strings.Builder, m coverage.Matrix) {
	width := len(m.ParentType)
	for _, r := range m.Rows {
		width = max(width, len([]rune(safe(r.Parent))))
	}
	width += 2
	for i, fetcher := range m.Fetchers {
		label := ""
		if i == len(m.Fetchers)-1 {
			label = strings.ToUpper(m.ParentType)
		}
		fmt.Fprintf(text, "%-*s%s%s\n", width, label, strings.Repeat("│  ", i), safe(fetcher))
	}
	for _, r := range m.Rows {
		line := fmt.Sprintf("%-*s", width, safe(r.Parent))
		for _, cell := range r.Cells {
			line += fmt.Sprintf("%-3s", symbol(cell))
		}
		fmt.Fprintln(text, strings.TrimRight(line, " "))
	}
	text.WriteString("\n")
}

// mostCauses is how many causes are told of each status; the rest is in the table.
const mostCauses = 15

func writeCauses(text *strings.Builder, causes []coverage.Cause) {
	told := map[string]int{}
	for _, c := range causes {
		if told[c.Status]++; told[c.Status] <= mostCauses {
			fmt.Fprintf(text, "%s: %s\n", c.Status, safe(c.String()))
		}
	}
	for _, status := range []string{model.ResultFailed, model.ResultNotReached, coverage.StatusWarning} {
		if more := told[status] - mostCauses; more > 0 {
			fmt.Fprintf(text, "%s: %d more: -o table and -o csv have all\n", status, more)
		}
	}
	if len(causes) > 0 {
		text.WriteString("\n")
	}
}
