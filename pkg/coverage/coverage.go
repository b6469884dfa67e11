// Package coverage arranges the lines of a scan's coverage report for people: as matrices of objects and fetchers, as
// causes that many lines have in common, and as a table for spreadsheets.
package coverage

import (
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// Matrix is what the fetchers did below the objects of one type.
type Matrix struct {
	ParentType string
	Fetchers   []string // its columns, in the order in which they run
	Rows       []Row
}

// Row is a line of a matrix: a cell for each fetcher; nil where the plan has nothing to read.
type Row struct {
	Parent string
	Cells  []*model.CoverageRow
}

// Matrices arranges a report's lines, type by type.
func Matrices(rows []model.CoverageRow) []Matrix {
	var all []Matrix
	for i := range rows {
		row := &rows[i]
		if len(all) == 0 || all[len(all)-1].ParentType != row.ParentType {
			all = append(all, Matrix{ParentType: row.ParentType})
		}
		all[len(all)-1].add(row)
	}
	for i := range all {
		all[i].square()
	}
	return all
}

func (m *Matrix) add(row *model.CoverageRow) {
	if len(m.Rows) == 0 || m.Rows[len(m.Rows)-1].Parent != row.Parent {
		m.Rows = append(m.Rows, Row{Parent: row.Parent})
	}
	column := slices.Index(m.Fetchers, row.Fetcher)
	if column < 0 {
		column = m.insert(row.Fetcher)
	}
	r := &m.Rows[len(m.Rows)-1]
	r.Cells = append(r.Cells, make([]*model.CoverageRow, max(0, column+1-len(r.Cells)))...)
	r.Cells[column] = row
}

// insert adds a column behind the last one that the current row has: rows may lack fetchers, their order is the same.
func (m *Matrix) insert(fetcher string) (column int) {
	column = len(m.Rows[len(m.Rows)-1].Cells)
	m.Fetchers = slices.Insert(m.Fetchers, column, fetcher)
	for i := range m.Rows[:len(m.Rows)-1] {
		if cells := m.Rows[i].Cells; column < len(cells) {
			m.Rows[i].Cells = slices.Insert(cells, column, nil)
		}
	}
	return column
}

// square makes all rows as long as there are columns.
func (m *Matrix) square() {
	for i := range m.Rows {
		cells := m.Rows[i].Cells
		m.Rows[i].Cells = append(cells, make([]*model.CoverageRow, len(m.Fetchers)-len(cells))...)
	}
}

// Incomplete returns the matrix with only those rows in which something was not read.
func (m Matrix) Incomplete() Matrix {
	m.Rows = slices.DeleteFunc(slices.Clone(m.Rows), func(r Row) bool {
		return !slices.ContainsFunc(r.Cells, func(c *model.CoverageRow) bool { return c != nil && Unread(*c) })
	})
	return m
}

// Unread tells whether a line is of something that could not be read, or was not tried.
func Unread(r model.CoverageRow) bool {
	return r.Status == model.ResultFailed || r.Status == model.ResultNotReached
}

// Filter selects lines: those of some parents, all when there are none, and only what was not read when unread is true.
func Filter(rows []model.CoverageRow, parents []string, unread bool) []model.CoverageRow {
	chosen := []model.CoverageRow{}
	for _, r := range rows {
		if (len(parents) == 0 || slices.Contains(parents, r.Parent)) && (!unread || Unread(r)) {
			chosen = append(chosen, r)
		}
	}
	return chosen
}

// Why tells the error of a line or, of its warnings, the first.
func Why(r model.CoverageRow) string {
	if r.Error != "" || len(r.Warnings) == 0 {
		return r.Error
	}
	text := Warning(r.Warnings[0])
	if more := len(r.Warnings) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Warning tells what a parser passed over, and why.
func Warning(w model.Warning) string {
	if w.Line == "" {
		return fmt.Sprintf("%s: %s", w.Source, w.Reason)
	}
	return fmt.Sprintf("%s: %s: %s", w.Source, w.Reason, w.Line)
}

// Totals counts the lines by their status, and the warnings, in words.
func Totals(rows []model.CoverageRow) string {
	byStatus := map[string]int{}
	warnings := 0
	for _, r := range rows {
		byStatus[r.Status]++
		warnings += len(r.Warnings)
	}
	var texts []string
	for _, status := range Statuses() {
		texts = append(texts, fmt.Sprintf("%d %s", byStatus[status], status))
	}
	return fmt.Sprintf("%d reads: %s; %d warnings", len(rows), strings.Join(texts, ", "), warnings)
}

// Statuses returns the statuses of a line, from good to bad.
func Statuses() []string {
	return []string{model.ResultOK, model.ResultEmpty, model.ResultFailed, model.ResultNotReached}
}
