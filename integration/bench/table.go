package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
)

// row is a line of the table: a name and how its value is got.
type row struct {
	name  string
	value func(m *measured) string
}

// rows are what is told of each scan.
var rows = []row{
	{"**wall time**", func(m *measured) string { return seconds(m.wall()) }},
	{"· inventory", phase(model.PhaseInventory)},
	{"· links", phase(model.PhaseLinks)},
	{"· cliques", phase(model.PhaseCliques)},
	{"· the rest", func(m *measured) string { return seconds(m.rest()) }},
	{"wall time per host", func(m *measured) string {
		return fmt.Sprintf("%.0f ms", float64(m.wall().Milliseconds())/float64(m.hosts))
	}},
	{"objects, links, cliques", func(m *measured) string {
		s := m.scan.Summary
		return fmt.Sprintf("%d, %d, %d", objects(s), s.Links, s.Cliques)
	}},
	{"objects and links per second", func(m *measured) string {
		return fmt.Sprintf("%.0f", float64(objects(m.scan.Summary)+m.scan.Summary.Links)/m.wall().Seconds())
	}},
	{"steps", func(m *measured) string { return fmt.Sprint(sum(m.scan.Summary.Steps)) }},
	{"round trips: API, SSH, SQL", trips},
	{"processor time: Calipso", func(m *measured) string { return seconds(m.calipso.CPU) }},
	{"processor time: the simulated cloud", func(m *measured) string { return seconds(m.lab) }},
	{"processor time: writing alone", func(m *measured) string { return seconds(m.floor.storeCPU) }},
	{"peak memory, all roles", func(m *measured) string { return fmt.Sprintf("%d MB", m.calipso.Peak/1_000_000) }},
	{"floor: API", func(m *measured) string { return seconds(m.floor.api) }},
	{"floor: hosts", func(m *measured) string { return seconds(m.floor.host) }},
	{"floor: store", func(m *measured) string { return seconds(m.floor.store) }},
	{"floor: polls of the queue", func(m *measured) string { return seconds(m.floor.polls) }},
	{"**ratio to the floor**", func(m *measured) string { return fmt.Sprintf("%.1f", m.wall().Seconds()/m.floor.total().Seconds()) }},
	{"load of the machine before", func(m *measured) string { return m.load }},
}

// table prints scans as the columns of a table.
func table(out io.Writer, columns []measured) {
	head := []string{""}
	for _, m := range columns {
		title := fmt.Sprintf("%d hosts", m.hosts)
		if m.again {
			title += ", again"
		}
		head = append(head, title)
	}
	line(out, head)
	line(out, append([]string{"---"}, repeat("---:", len(columns))...))
	for _, r := range rows {
		cells := []string{r.name}
		for i := range columns {
			cells = append(cells, r.value(&columns[i]))
		}
		line(out, cells)
	}
}

func line(out io.Writer, cells []string) { fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | ")) }

func repeat(text string, n int) []string {
	return strings.Fields(strings.Repeat(text+" ", n))
}

func phase(name string) func(*measured) string {
	return func(m *measured) string { return fmt.Sprintf("%.2f s", m.scan.Summary.PhaseSeconds[name]) }
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func trips(m *measured) string {
	s := m.scan.Summary
	return fmt.Sprintf("%d, %d, %d", s.APIRequests, s.SSHCommands, s.SQLQueries)
}

func objects(s *model.ScanSummary) int { return sum(s.Objects) }

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
