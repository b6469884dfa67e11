package export

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/plain"
)

// table writes the documents of one collection as CSV, under a header.
type table struct {
	*csv.Writer
	collection string
}

var headers = map[string][]string{
	Inventory: {"_id", "environment", "type", "id", "name", "object_name", "host", "parent_type", "parent_id", "id_path", "name_path",
		"show_in_tree", "last_scanned", "attributes"},
	Links: {"_id", "environment", "link_type", "link_name", "state", "source", "source_id", "source_label", "target", "target_id", "target_label",
		"host", "switch", "implicit", "link_weight", "network", "mac_address", "vedge_type", "role", "last_scanned"},
	Cliques: {"_id", "environment", "focal_point_type", "focal_point_object_id", "focal_point", "clique_type", "constraints", "links", "nodes",
		"last_scanned"},
}

func newTable(w io.Writer, collection string) table {
	t := table{csv.NewWriter(w), collection}
	_ = t.row(collection, nil, headers[collection]...) // an error is told by every write that follows, and at the end
	return t
}

// Object implements Writer: what is not in a column of its own is the JSON of the last one.
func (t table) Object(o model.Object) error {
	return t.row(Inventory, o.Attrs, o.DBID(), o.Environment, o.Type, o.ID, o.Name, o.ObjectName, o.Host, o.ParentType, o.ParentID, o.IDPath, o.NamePath,
		strconv.FormatBool(o.ShowInTree), instant(o.LastScanned))
}

// Link implements Writer.
func (t table) Link(l model.Link) error {
	return t.row(Links, nil, l.ID, l.Environment, l.LinkType, l.LinkName, l.State, l.Source, l.SourceID, l.SourceLabel, l.Target, l.TargetID, l.TargetLabel,
		l.Host, l.Switch, strconv.FormatBool(l.Implicit), strconv.Itoa(l.LinkWeight), strings.Join(l.Attributes.Network, " "),
		l.Attributes.MACAddress, l.Attributes.VedgeType, l.Attributes.Role, instant(l.LastScanned))
}

// Clique implements Writer.
func (t table) Clique(c model.Clique) error {
	constraints, err := json.Marshal(c.Constraints)
	if err != nil {
		return err
	}
	return t.row(Cliques, nil, c.ID, c.Environment, c.FocalPointType, c.FocalPointID, c.FocalPoint, c.CliqueType, string(constraints),
		strings.Join(c.Links, " "), strings.Join(c.Nodes, " "), instant(c.LastScanned))
}

// Close implements Writer.
func (t table) Close() error {
	t.Flush()
	return t.Error()
}

// row writes a row of a collection, if that is the one of the table.
func (t table) row(collection string, attributes map[string]any, cells ...string) error {
	if collection != t.collection {
		return nil
	}
	if attributes != nil {
		text, err := json.Marshal(attributes)
		if err != nil {
			return err
		}
		cells = append(cells, string(text))
	} else if len(cells) < len(headers[collection]) {
		cells = append(cells, "{}")
	}
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = plain.Cell(cell)
	}
	return t.Write(safe)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
