package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
)

// printSummary says what a scan found and what it took.
func printSummary(w io.Writer, scan model.Scan) error {
	fmt.Fprintf(w, "scan %s of %s: %s%s\n", safe(scan.ID), safe(scan.Environment), safe(scan.Status), duration(scan))
	var rows [][]string
	if scan.Error != "" {
		rows = append(rows, []string{"error", scan.Error})
	}
	if s := scan.Summary; s != nil {
		rows = append(rows, summaryRows(s, scan.Phases())...)
	}
	if err := printTable(w, nil, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w)
	return err
}

func duration(scan model.Scan) string {
	if scan.StartTimestamp == nil || scan.EndTimestamp == nil {
		return ""
	}
	return " in " + rounded(scan.EndTimestamp.Sub(*scan.StartTimestamp))
}

func rounded(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }

func summaryRows(s *model.ScanSummary, phases []string) [][]string {
	return [][]string{
		{"objects", objectCounts(s.Objects)},
		{"links", fmt.Sprint(s.Links)},
		{"cliques", fmt.Sprint(s.Cliques)},
		{"removed", fmt.Sprint(s.Removed)},
		{"stale", fmt.Sprint(s.Stale)},
		{"warnings", fmt.Sprint(s.Warnings)},
		{"round trips", fmt.Sprintf("%d API requests, %d SSH commands, %d SQL queries", s.APIRequests, s.SSHCommands, s.SQLQueries)},
		{"phases", phaseTimes(s.PhaseSeconds, phases)},
	}
}

// objectCounts gives the total and the count of each type, and apart from these that of the folders.
func objectCounts(byType map[string]int) string {
	total, folders := 0, 0
	var texts []string
	for _, t := range slices.Sorted(maps.Keys(byType)) {
		if model.IsFolder(t) {
			folders += byType[t]
			continue
		}
		total += byType[t]
		texts = append(texts, fmt.Sprintf("%s %d", t, byType[t]))
	}
	if total == 0 {
		return "0"
	}
	return fmt.Sprintf("%d, in %d folders: %s", total, folders, strings.Join(texts, ", "))
}

func phaseTimes(seconds map[string]float64, phases []string) string {
	names := slices.SortedFunc(maps.Keys(seconds), func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(phases, a), slices.Index(phases, b)), cmp.Compare(a, b))
	})
	var texts []string
	for _, name := range names {
		texts = append(texts, name+" "+rounded(time.Duration(seconds[name]*float64(time.Second))))
	}
	return strings.Join(texts, ", ")
}
