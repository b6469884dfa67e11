package coverage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"calipso.io/calipso/pkg/model"
)

func row(host, fetcher, status, why string) model.CoverageRow {
	return model.CoverageRow{ParentType: "host", Parent: host, Fetcher: fetcher, Status: status, Error: why}
}

// TestMatrices: fetchers stand in the order in which they run, also where the first host does not have them all.
func TestMatrices(t *testing.T) {
	t.Parallel()
	rows := []model.CoverageRow{{ParentType: "environment", Parent: "lab", Fetcher: "api.regions", Status: model.ResultOK},
		row("a", "os", model.ResultOK, ""), row("a", "pnics", model.ResultOK, ""),
		row("b", "os", model.ResultOK, ""), row("b", "routers", model.ResultFailed, "no"), row("b", "pnics", model.ResultOK, ""),
		row("c", "routers", model.ResultEmpty, ""), row("c", "pnics", model.ResultOK, ""), row("c", "vedges", model.ResultNotReached, "")}
	var got []string
	for _, m := range Matrices(rows) {
		got = append(got, m.ParentType+": "+strings.Join(m.Fetchers, " "))
		for _, r := range m.Rows {
			line := r.Parent
			for _, cell := range r.Cells {
				if line += " -"; cell != nil {
					line = strings.TrimSuffix(line, "-") + cell.Status
				}
			}
			got = append(got, line)
		}
	}
	want := []string{"environment: api.regions", "lab ok", "host: os routers pnics vedges",
		"a ok - ok -", "b ok failed ok -", "c - empty ok not reached"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := Matrices(rows)[1].Incomplete().Rows; len(left) != 2 || left[0].Parent != "b" || left[1].Parent != "c" {
		t.Errorf("not read in full are %+v", left)
	}
}

// TestCauses: what many hosts and fetchers have in common is told once, what is different is not told as if it were common.
func TestCauses(t *testing.T) {
	t.Parallel()
	var rows []model.CoverageRow
	for host := range 12 {
		name := fmt.Sprintf("node-%d", host+1)
		for fetcher := range 9 {
			rows = append(rows, row(name, fmt.Sprint("cli.", fetcher), model.ResultFailed,
				fmt.Sprintf("ssh to %s at 10.0.0.%d:22: timed out", name, host+1)))
		}
	}
	warned := row("node-13", "cli.bridges", model.ResultOK, "")
	warned.Warnings = []model.Warning{{Source: "brctl show", Line: "a\tb", Reason: "not a bridge"}, {Source: "brctl show", Line: "c", Reason: "not a bridge"}}
	rows = append(rows, warned,
		row("node-2", "links", model.ResultFailed, "node-1 and node-20 disagree"),
		row("node-14", "cli.os", model.ResultNotReached, "given up after 5 attempts"),
		row("node-15", "cli.os", model.ResultNotReached, "given up after 5 attempts"),
		row("node-16", "cli.os", model.ResultNotReached, ""))
	var got []string
	for _, c := range Causes(rows) {
		got = append(got, fmt.Sprintf("%s, %d reads: %s", c.Status, c.Reads, c.String()))
	}
	want := []string{
		"failed, 108 reads: 12 hosts × 9 fetchers: ssh to … at …: timed out",
		"failed, 1 reads: node-2 × links: node-1 and node-20 disagree",
		"not reached, 2 reads: node-14, node-15 × cli.os: given up after 5 attempts",
		"not reached, 1 reads: node-16 × cli.os: the scan has not come to it",
		`warning, 2 reads: node-13 × cli.bridges: brctl show: not a bridge, such as "c"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestGeneral(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, parent, want string }{
		{"host node-1: no", "node-1", "host …: no"},
		{"node-10, node-1-b, xnode-1: no", "node-1", "node-10, node-1-b, xnode-1: no"},
		{"dial [fe80::1]:22 or 10.0.0.1", "x", "dial … or …"},
		{"node-1", "", "node-1"},
		{"version 1.2.3", "x", "version 1.2.3"},
	} {
		if got := general(test.text, test.parent); got != test.want {
			t.Errorf("%q of %q becomes %q, want %q", test.text, test.parent, got, test.want)
		}
	}
}

// TestCSV: a spreadsheet takes no text of a cloud for a formula, and a terminal takes none for a command.
func TestCSV(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	if err := WriteCSV(&text, []model.CoverageRow{row("=cmd()", "cli.os", model.ResultFailed, "a,\"b\"\x1b[31m")}); err != nil {
		t.Fatal(err)
	}
	want := "parent_type,parent,fetcher,status,found,warnings,error,warning_texts\n" +
		`host,'=cmd(),cli.os,failed,0,0,"a,""b""\x1b[31m",` + "\n"
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
