package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

func phases(inventory, links model.PhaseProgress) []model.PhaseProgress {
	inventory.Phase, links.Phase = model.PhaseInventory, model.PhaseLinks
	return []model.PhaseProgress{inventory, links}
}

// TestBars: each frame is drawn over the one before, and no line is longer than the terminal is wide.
func TestBars(t *testing.T) {
	t.Parallel()
	var screen strings.Builder
	width := 80
	b := &bars{w: &screen, width: func() int { return width }}
	b.show(phases(model.PhaseProgress{Total: 4, Done: 1, Found: 12}, model.PhaseProgress{}), false)
	b.show(phases(model.PhaseProgress{Total: 4, Done: 3, Failed: 1, Found: 30}, model.PhaseProgress{Total: 3, Done: 3, Found: 7}), false)
	width = 12
	b.show(phases(model.PhaseProgress{Total: 4, Done: 3}, model.PhaseProgress{}), false)
	full, empty := strings.Repeat("█", barCells), strings.Repeat("░", barCells)
	want := "\r\x1b[2Kinventory ██████░░░░░░░░░░░░░░░░░░ 1/4 steps, 12 found\n" +
		"\r\x1b[2Klinks     " + empty + " 0/0 steps, 0 found\n" +
		"\x1b[2A\r\x1b[2Kinventory " + full + " 4/4 steps, 30 found, 1 failed\n" +
		"\r\x1b[2Klinks     " + full + " 3/3 steps, 7 found\n" +
		"\x1b[2A\r\x1b[2Kinventory █\n\r\x1b[2Klinks     ░\n"
	if diff := cmp.Diff(want, screen.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLines: a log gets a line for each tenth of a phase and for its end, however often the scan tells how far it is.
func TestLines(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	l := &lines{w: &log, shown: map[string]int{}}
	for done := range 101 {
		l.show(phases(model.PhaseProgress{Total: 100, Done: done, Found: 2 * done}, model.PhaseProgress{}), false)
	}
	l.show(phases(model.PhaseProgress{Total: 101, Done: 101, Found: 200}, model.PhaseProgress{Total: 30, Done: 2}), false)
	l.show(phases(model.PhaseProgress{Total: 101, Done: 101, Found: 200}, model.PhaseProgress{Total: 30, Done: 29, Failed: 1}), true)
	l.show(phases(model.PhaseProgress{Total: 101, Done: 101, Found: 200}, model.PhaseProgress{Total: 30, Done: 29, Failed: 1}), true)
	var want strings.Builder
	for done := 10; done <= 100; done += 10 {
		fmt.Fprintf(&want, "inventory: %d/100 steps, %d found\n", done, 2*done)
	}
	want.WriteString("inventory: 101/101 steps, 200 found\nlinks: 30/30 steps, 0 found, 1 failed\n")
	if diff := cmp.Diff(want.String(), log.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSafe: what drives a terminal is shown, not sent.
func TestSafe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain name, é 雲 😀":   "plain name, é 雲 😀",
		"\x1b[31mred\x07\x7f": `\x1b[31mred\a\x7f`,
		"a\tb\nc":             `a\tb\nc`,
		"\u009b2J":            `\u009b2J`,
		"\u202egnp.exe":       `\u202egnp.exe`,
		"it's\u200b":          `it's\u200b`,
		"\xff\xfe":            "\uFFFD\uFFFD",
		"\xff\x1b":            "\uFFFD\\x1b",
	} {
		if got := safe(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestBriefCoverage: below the summary of a scan of many hosts only those are shown that were not read in full.
func TestBriefCoverage(t *testing.T) {
	t.Parallel()
	var rows []model.CoverageRow
	for i := range 100 {
		rows = append(rows, model.CoverageRow{ParentType: "host", Parent: fmt.Sprint("node-", i), Fetcher: "cli.bridges", Status: model.ResultOK, Found: 2})
	}
	rows = append(rows,
		model.CoverageRow{ParentType: "host", Parent: "node-y", Fetcher: "cli.bridges", Status: model.ResultFailed, Error: "timeout"},
		model.CoverageRow{ParentType: "host", Parent: "node-y", Fetcher: "cli.pnics", Status: model.ResultEmpty})
	var text strings.Builder
	if err := printCoverage(&text, rows, hosts(rows) > maxHosts); err != nil {
		t.Fatal(err)
	}
	want := "        cli.bridges\nHOST    │  cli.pnics\nnode-y  ✗  ○\n\n" + legend + "\n\n" +
		"failed: node-y × cli.bridges: timeout\n\n" +
		"102 reads: 100 ok, 1 empty, 1 failed, 0 not reached; 0 warnings\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
