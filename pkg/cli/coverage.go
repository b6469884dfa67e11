package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/model"
)

func coverageCommand(connect Connect) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "coverage SCAN",
		Short: "Show what a scan read, host by host, and what it could not read",
		Args:  cobra.ExactArgs(1),
	}
	output := outputFlag(cmd, formatTable, formatJSON, formatYAML, formatCSV)
	cmd.RunE = connected(connect, func(cmd *cobra.Command, c *client.Client, args []string) error {
		rows, err := c.Coverage(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		return output.print(cmd.OutOrStdout(), rows, func(w io.Writer) error {
			if output.value == formatCSV {
				return coverageCSV(w, rows)
			}
			return printCoverage(w, rows, false)
		})
	})
	return cmd
}

// maxHosts is how many hosts a brief coverage table shows in full.
const maxHosts = 20

// printCoverage writes the coverage as a table with totals. Of many hosts the brief form shows only what isn't plainly ok.
func printCoverage(w io.Writer, rows []model.CoverageRow, brief bool) error {
	brief = brief && hosts(rows) > maxHosts
	var cells [][]string
	for _, r := range rows {
		if !brief || !plain(r) {
			cells = append(cells, append(coverageCells(r), why(r)))
		}
	}
	if len(cells) > 0 {
		if err := printTable(w, append(coverageColumns(), "WHY"), cells); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, coverageTotals(rows))
	return err
}

func coverageColumns() []string {
	return []string{"TYPE", "PARENT", "FETCHER", "STATUS", "FOUND", "WARNINGS"}
}

func coverageCells(r model.CoverageRow) []string {
	return []string{r.ParentType, r.Parent, r.Fetcher, r.Status, fmt.Sprint(r.Found), fmt.Sprint(len(r.Warnings))}
}

func hosts(rows []model.CoverageRow) int {
	names := map[string]bool{}
	for _, r := range rows {
		if r.ParentType == model.TypeHost {
			names[r.Parent] = true
		}
	}
	return len(names)
}

func plain(r model.CoverageRow) bool {
	return (r.Status == model.ResultOK || r.Status == model.ResultEmpty) && len(r.Warnings) == 0
}

// why tells the error or, of the warnings, the first.
func why(r model.CoverageRow) string {
	if r.Error != "" || len(r.Warnings) == 0 {
		return r.Error
	}
	text := warning(r.Warnings[0])
	if more := len(r.Warnings) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

func warning(w model.Warning) string {
	if w.Line == "" {
		return fmt.Sprintf("%s: %s", w.Source, w.Reason)
	}
	return fmt.Sprintf("%s: %s: %s", w.Source, w.Reason, w.Line)
}

func coverageTotals(rows []model.CoverageRow) string {
	byStatus := map[string]int{}
	warnings := 0
	for _, r := range rows {
		byStatus[r.Status]++
		warnings += len(r.Warnings)
	}
	texts := []string{}
	for _, status := range []string{model.ResultOK, model.ResultEmpty, model.ResultFailed, model.ResultNotReached} {
		texts = append(texts, fmt.Sprintf("%d %s", byStatus[status], status))
	}
	return fmt.Sprintf("%d reads: %s; %d warnings", len(rows), strings.Join(texts, ", "), warnings)
}

// coverageCSV writes a line for each row, with all warnings in the last cell.
func coverageCSV(w io.Writer, rows []model.CoverageRow) error {
	lines := csv.NewWriter(w)
	lines.Write([]string{"parent_type", "parent", "fetcher", "status", "found", "warnings", "error", "warning_texts"})
	for _, r := range rows {
		var texts []string
		for _, w := range r.Warnings {
			texts = append(texts, warning(w))
		}
		cells := append(coverageCells(r), r.Error, strings.Join(texts, "; "))
		for i := range cells {
			cells[i] = spreadsheetText(cells[i])
		}
		lines.Write(cells)
	}
	lines.Flush()
	return lines.Error()
}

// spreadsheetText keeps a spreadsheet from taking text that came from a cloud for a formula.
func spreadsheetText(cell string) string {
	cell = safe(cell)
	if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
