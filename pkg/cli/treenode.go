package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"calipso.io/calipso/pkg/model"
)

// treeNode is an object with what is below it.
type treeNode struct {
	Type     string      `json:"type"`
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Host     string      `json:"host,omitempty"`
	Stale    string      `json:"stale,omitempty"` // why the object could not be read again
	Below    int         `json:"below"`           // how many objects are directly below it, shown or not
	Children []*treeNode `json:"children,omitempty"`
}

type objectKey struct{ objectType, id string }

// newTree puts objects below their parents, down from the root, and returns how many objects that leaves over.
func newTree(root model.Object, objects []model.Object) (tree *treeNode, lost int) {
	children := map[objectKey][]model.Object{}
	for _, o := range objects {
		if isRoot := o.Type == root.Type && o.ID == root.ID; o.ShowInTree && !isRoot {
			parent := objectKey{o.ParentType, o.ParentID}
			children[parent] = append(children[parent], o)
		}
	}
	tree = grow(root, children)
	for _, left := range children {
		lost += len(left)
	}
	return tree, lost
}

// grow takes the children of an object out of the map, so that even a circle of parents comes to an end.
func grow(o model.Object, children map[objectKey][]model.Object) *treeNode {
	node := &treeNode{Type: o.Type, ID: o.ID, Name: o.Name, Host: o.Host, Stale: staleReason(o)}
	key := objectKey{o.Type, o.ID}
	below := children[key]
	delete(children, key)
	for _, child := range below {
		node.Children = append(node.Children, grow(child, children))
	}
	slices.SortFunc(node.Children, func(a, b *treeNode) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID))
	})
	node.Below = len(node.Children)
	return node
}

func staleReason(o model.Object) string {
	reason, _ := o.Map("stale")["reason"].(string)
	return reason
}

// cut removes what is more than a number of levels below the node; 0 leaves all.
func (n *treeNode) cut(levels int) {
	if levels == 0 {
		return
	}
	for _, child := range n.Children {
		if levels == 1 {
			child.Children = nil
		} else {
			child.cut(levels - 1)
		}
	}
}

func printTree(w io.Writer, root *treeNode) error {
	if _, err := fmt.Fprintln(w, root.label()); err != nil {
		return err
	}
	return printBranches(w, "", root.Children)
}

func printBranches(w io.Writer, indent string, nodes []*treeNode) error {
	for i, node := range nodes {
		fork, below := "├── ", "│   "
		if i == len(nodes)-1 {
			fork, below = "└── ", "    "
		}
		if _, err := fmt.Fprintln(w, indent+fork+node.label()); err != nil {
			return err
		}
		if err := printBranches(w, indent+below, node.Children); err != nil {
			return err
		}
	}
	return nil
}

// label is what a line of the tree says: folders by name alone, objects with their type.
func (n *treeNode) label() string {
	text := safe(n.Name)
	if !model.IsFolder(n.Type) {
		text = safe(n.Type) + " " + text
	}
	if n.Below > 0 {
		text += fmt.Sprintf(" (%d)", n.Below)
	}
	if n.Stale != "" {
		text += " [stale: " + safe(n.Stale) + "]"
	}
	return text
}
