package wire

// Graph is a clique, or a part of an environment's tree, as nodes and what joins them. Where nodes are drawn is the client's
// business. Nodes are in the order of their distance from the first one, and so the nearest are there when some are left out.
type Graph struct {
	Type        string         `json:"type" enum:"clique,force_tree,children_tree,vega_tree"`
	EnvName     string         `json:"env_name"`
	FocalPoint  string         `json:"focal_point,omitempty"` // document id
	Nodes       []GraphNode    `json:"nodes,omitempty"`
	Edges       []GraphEdge    `json:"edges,omitempty"`  // of cliques: links
	Links       []TreeEdge     `json:"links,omitempty"`  // of a force_tree
	Tree        *GraphBranch   `json:"tree,omitempty"`   // of a children_tree
	Values      []StratifyNode `json:"values,omitempty"` // of a vega_tree: what Vega's transform "stratify" reads
	LeftOut     int            `json:"left_out"`         // so many nodes are not shown, because there are too many
	LeftOutType map[string]int `json:"left_out_by_type"`
}

// GraphNode is an object as a graph shows it.
type GraphNode struct {
	DBID  string `json:"_id"`
	ID    string `json:"id"`
	Type  string `json:"type"`
	Name  string `json:"name"`
	Host  string `json:"host,omitempty"`
	State string `json:"state,omitempty"` // as its cloud tells
}

// GraphEdge is a link as a graph shows it.
type GraphEdge struct {
	ID       string `json:"id"`
	LinkType string `json:"link_type"`
	LinkName string `json:"link_name"`
	Source   string `json:"source"` // document id of a node
	Target   string `json:"target"` // document id of a node
	State    string `json:"state"`
	Host     string `json:"host,omitempty"`
}

// TreeEdge joins a node of a tree to one below it: both are document ids, or the environment's name.
type TreeEdge struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// GraphBranch is a node with all that is below it.
type GraphBranch struct {
	GraphNode
	Children []*GraphBranch `json:"children,omitempty"`
}

// StratifyNode is a node that names the one above it; the first one has none.
type StratifyNode struct {
	ID     string `json:"id"`               // document id, or the environment's name
	Parent string `json:"parent,omitempty"` // absent at the top
	Name   string `json:"name"`
	Type   string `json:"type"`
}
