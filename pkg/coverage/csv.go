package coverage

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/plain"
)

// WriteCSV writes a line for each line of the report, with all warnings in the last cell.
func WriteCSV(w io.Writer, rows []model.CoverageRow) error {
	lines := [][]string{{"parent_type", "parent", "fetcher", "status", "found", "warnings", "error", "warning_texts"}}
	for _, r := range rows {
		texts := make([]string, len(r.Warnings))
		for i, w := range r.Warnings {
			texts[i] = Warning(w)
		}
		lines = append(lines, []string{r.ParentType, r.Parent, r.Fetcher, r.Status, strconv.Itoa(r.Found),
			strconv.Itoa(len(r.Warnings)), r.Error, strings.Join(texts, "; ")})
	}
	return writeCSV(w, lines)
}

// WriteStaleCSV writes a line for each stale object.
func WriteStaleCSV(w io.Writer, objects []model.StaleObject) error {
	lines := [][]string{{"type", "id", "name", "host", "since", "reason"}}
	for _, o := range objects {
		lines = append(lines, []string{o.Type, o.ID, o.Name, o.Host, o.Since.UTC().Format(time.RFC3339), o.Reason})
	}
	return writeCSV(w, lines)
}

func writeCSV(w io.Writer, lines [][]string) error {
	out := csv.NewWriter(w)
	for _, cells := range lines {
		for i := range cells {
			cells[i] = plain.Cell(cells[i])
		}
		out.Write(cells) // the first error is told at the end
	}
	out.Flush()
	return out.Error()
}
