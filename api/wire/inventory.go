package wire

import (
	"encoding/json"

	"calipso.io/calipso/pkg/model"
)

// ObjectList is a list of objects: entries, or the attributes that a projection asks for.
type ObjectList[T ObjectEntry | Projection] struct {
	Objects []T `json:"objects"`
	Page
}

// ObjectEntry is an object of the inventory as lists show it.
type ObjectEntry struct {
	DBID        string `json:"_id"`
	ID          string `json:"id"`
	Name        string `json:"name"`
	ObjectName  string `json:"object_name"`
	NamePath    string `json:"name_path"`
	Type        string `json:"type"`
	Environment string `json:"environment"`
	Host        string `json:"host,omitempty"`
	ParentID    string `json:"parent_id"`
	ParentType  string `json:"parent_type"`
	ShowInTree  bool   `json:"show_in_tree"`
	Clique      bool   `json:"clique"` // whether it is the focal point of a clique
}

// Projection holds those attributes of a document that were asked for, and its id.
type Projection map[string]json.RawMessage

// LinkList is a list of links, as ObjectList is one of objects.
type LinkList[T LinkEntry | Projection] struct {
	Links []T `json:"links"`
	Page
}

// LinkEntry is a link as lists show it.
type LinkEntry struct {
	ID          string `json:"id"`
	LinkName    string `json:"link_name"`
	LinkType    string `json:"link_type"`
	Environment string `json:"environment"`
	Host        string `json:"host,omitempty"`
	State       string `json:"state"`
	Source      string `json:"source"` // document id
	Target      string `json:"target"` // document id
	SourceID    string `json:"source_id"`
	TargetID    string `json:"target_id"`
}

// WholeLink is a link with all that is known of it.
type WholeLink struct {
	model.Link
	Key string `json:"id"`
}

// CliqueList is a list of cliques, as ObjectList is one of objects.
type CliqueList[T CliqueEntry | Projection] struct {
	Cliques []T `json:"cliques"`
	Page
}

// CliqueEntry is a clique as lists show it.
type CliqueEntry struct {
	ID             string `json:"id"`
	FocalPointType string `json:"focal_point_type"`
	Environment    string `json:"environment"`
	FocalPoint     string `json:"focal_point"` // document id
	FocalPointID   string `json:"focal_point_object_id"`
}

// WholeClique is a clique with its links and its nodes, ready to be drawn.
type WholeClique struct {
	model.Clique
	Key           string `json:"id"`
	NodesDetailed []Node `json:"nodes_detailed"`
}

// Node is an object of a clique.
type Node struct {
	DBID string `json:"_id"`
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"name"`
	Host string `json:"host,omitempty"`
}

// ExportLine is one line of an export: an object, a link, or a clique with its links.
type ExportLine[T any] struct {
	Collection string `json:"collection" enum:"inventory,links,cliques"` // whatever the inventory's name
	Document   T      `json:"document"`
}
