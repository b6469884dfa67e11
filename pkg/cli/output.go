package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// Formats that data is printed in.
const (
	formatTable  = "table"
	formatMatrix = "matrix"
	formatJSON   = "json"
	formatYAML   = "yaml"
	formatCSV    = "csv"
	formatText   = "text"
	formatDOT    = "dot"
)

// format is the value of a flag --output: one of some formats.
type format struct {
	value   string
	allowed []string
}

// outputFlag adds --output to a command; the first format is the default, and without any these are table, json, yaml.
func outputFlag(cmd *cobra.Command, allowed ...string) *format {
	if len(allowed) == 0 {
		allowed = []string{formatTable, formatJSON, formatYAML}
	}
	f := &format{value: allowed[0], allowed: allowed}
	cmd.Flags().VarP(f, "output", "o", "print as "+strings.Join(allowed, ", "))
	return f
}

func (f *format) String() string { return f.value }

func (f *format) Type() string { return "format" }

func (f *format) Set(value string) error {
	if !slices.Contains(f.allowed, value) {
		return fmt.Errorf("it is one of %s", strings.Join(f.allowed, ", "))
	}
	f.value = value
	return nil
}

// print writes data as JSON or YAML, and else leaves it to a function that knows the other format.
func (f *format) print(w io.Writer, data any, other func(io.Writer) error) error {
	if f.value != formatJSON && f.value != formatYAML {
		return other(w)
	}
	text, err := encode(data)
	if err == nil && f.value == formatYAML {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", f.value, err)
	}
	_, err = w.Write(text)
	return err
}

func encode(data any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(data); err != nil {
		return nil, err
	}
	return safeJSON(text.Bytes()), nil
}

// printTable writes rows in columns, under a header unless that is nil.
func printTable(w io.Writer, header []string, rows [][]string) error {
	var text bytes.Buffer
	columns := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	if header != nil {
		rows = slices.Concat([][]string{header}, rows)
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = safe(cell)
		}
		fmt.Fprintln(columns, strings.Join(cells, "\t"))
	}
	columns.Flush() // into memory: it can't fail
	for line := range strings.Lines(text.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
