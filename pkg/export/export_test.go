package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/pkg/export"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/plain"
)

// evil would end quotes and tags, be a formula, colour a terminal, turn the text around and expand in Graphviz.
const evil = "=cmd|' /C calc'!A0\"];</data>]]>&lt;\\N\x1b[31m\u202e\x00\n<script>"

// cloud is two objects, a link between them, one to what is gone, and a clique.
func cloud() ([]model.Object, []model.Link, model.Clique) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	objects := []model.Object{
		{Environment: "lab", Type: "instance", ID: "vm-1", Name: evil, Host: evil, LastScanned: now, Attrs: map[string]any{"clique": true, "note": evil}},
		{Environment: "lab", Type: "vnic", ID: "tap1", Name: "tap1", Host: "node-1"},
	}
	a, b := objects[0].DBID(), objects[1].DBID()
	links := []model.Link{
		{ID: "link-1", Environment: "lab", LinkType: "instance-vnic", LinkName: evil, Source: a, Target: b, SourceID: "vm-1", TargetID: "tap1", State: "up",
			Attributes: model.LinkAttributes{Network: []string{"net-1", "net-2"}}},
		{ID: "link-2", Environment: "lab", LinkType: "vnic-vedge", Source: b, Target: "ffffffffffffffffffffffff", State: "down"},
	}
	return objects, links, model.Clique{ID: "clique-1", Environment: "lab", FocalPoint: a, FocalPointType: "instance", Links: []string{"link-1"}, Nodes: []string{a, b},
		Constraints: map[string][]string{"network": {"net-1"}}}
}

func write(t *testing.T, format, collection string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := export.New(&out, format, evil, collection)
	objects, links, clique := cloud()
	errs := []error{w.Object(objects[0]), w.Object(objects[1]), w.Link(links[0]), w.Link(links[1]), w.Clique(clique), w.Close()}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	var got []string
	for line := range bytes.Lines(write(t, export.JSONLines, "")) {
		var l struct {
			Collection string
			Document   struct {
				ID   string `json:"_id"`
				Name string
			}
		}
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatal(err)
		}
		got = append(got, l.Collection)
		if len(got) == 1 && l.Document.Name != evil {
			t.Errorf("the name is %q", l.Document.Name)
		}
	}
	if !slices.Equal(got, []string{"inventory", "inventory", "links", "links", "cliques"}) {
		t.Errorf("got %q", got)
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for collection, want := range map[string]int{export.Inventory: 3, export.Links: 3, export.Cliques: 2} {
		rows, err := csv.NewReader(bytes.NewReader(write(t, export.CSV, collection))).ReadAll()
		if err != nil || len(rows) != want {
			t.Fatalf("%s: %d rows, %v", collection, len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r\n") || strings.ContainsFunc(cell, plain.Unprintable) {
					t.Errorf("%s: a spreadsheet would take %q for more than text", collection, cell)
				}
			}
		}
	}
	rows, _ := csv.NewReader(bytes.NewReader(write(t, export.CSV, export.Inventory))).ReadAll()
	column := func(name string) int { return slices.Index(rows[0], name) }
	if rows[2][column("name")] != "tap1" || rows[2][column("attributes")] != "{}" || !strings.Contains(rows[1][column("attributes")], `"clique":true`) ||
		rows[1][column("last_scanned")] != "2026-01-02T12:00:00Z" {
		t.Errorf("got %q", rows)
	}
}

func TestGraphML(t *testing.T) {
	t.Parallel()
	text := write(t, export.GraphML, "")
	var document struct {
		Keys []struct {
			ID   string `xml:"id,attr"`
			Name string `xml:"attr.name,attr"`
		} `xml:"key"`
		Nodes []struct {
			ID   string   `xml:"id,attr"`
			Data []string `xml:"data"`
		} `xml:"graph>node"`
		Edges []struct {
			Source string `xml:"source,attr"`
		} `xml:"graph>edge"`
	}
	if err := xml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Nodes) != 2 || len(document.Edges) != 1 || document.Edges[0].Source != document.Nodes[0].ID {
		t.Errorf("got %+v", document)
	}
	if document.Nodes[0].Data[0] != plain.Text(evil) {
		t.Errorf("the name is %q", document.Nodes[0].Data[0])
	}
}

// TestNetworkxReadsGraphML: with the types of attributes.
func TestNetworkxReadsGraphML(t *testing.T) {
	t.Parallel()
	const script = `
import sys, io
try:
    import networkx
except ImportError:
    sys.exit(77)
g = networkx.read_graphml(io.BytesIO(sys.stdin.buffer.read()))
node = [d for _, d in g.nodes(data=True) if d["type"] == "instance"][0]
assert node["focal_point"] is True and node["label"].startswith("=cmd") and node["label"].endswith("<script>"), node
(_, _, edge), = g.edges(data=True)
assert edge["link_weight"] == 0 and edge["implicit"] is False and edge["network"] == "net-1 net-2", edge
assert g.number_of_nodes() == 2 and g.is_directed()
`
	pipe(t, write(t, export.GraphML, ""), "python3", "-c", script)
}

// TestGraphvizReadsDOT: and shows names as they are.
func TestGraphvizReadsDOT(t *testing.T) {
	t.Parallel()
	text := write(t, export.DOT, "")
	drawn := string(pipe(t, text, "dot", "-Tsvg"))
	if strings.Count(drawn, "<g id=\"node") != 2 || strings.Count(drawn, "<g id=\"edge") != 1 || strings.Count(drawn, "<g id=\"clust") != 2 {
		t.Errorf("drawn is %s", drawn)
	}
	var shown strings.Builder
	decoder := xml.NewDecoder(strings.NewReader(drawn))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			shown.Write(text)
		}
	}
	if !strings.Contains(strings.ReplaceAll(shown.String(), "\u00a0", " "), plain.Text(evil)) {
		t.Errorf("the name is not shown as it is: %s", shown.String())
	}
}

// pipe runs a program, if it is there, on a text.
func pipe(t *testing.T, text []byte, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program, " is not installed")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(text), &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 77 {
		t.Skip("what reads it is not installed")
	}
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v: %s\n%s", program, err, stderr.String(), text)
	}
	return out
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestFullDisk: what could not be written is an error at the end at the latest.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	objects, _, _ := cloud()
	for _, format := range export.Formats() {
		w := export.New(full{}, format, "lab", export.Inventory)
		if err := errors.Join(w.Object(objects[0]), w.Close()); err == nil {
			t.Errorf("%s does not tell", format)
		}
	}
}
