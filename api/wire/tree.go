package wire

// Tree is a node of an environment's tree with what is directly below it.
type Tree struct {
	Path     []TreeNode `json:"path"`     // from the environment down to the node, which is the last
	Children []TreeNode `json:"children"` // by name
	Page
}

// TreeNode is the environment, or an object, as the tree shows it.
type TreeNode struct {
	DBID     string `json:"_id,omitempty"` // absent of the environment, which is no document of the inventory
	ID       string `json:"id"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Host     string `json:"host,omitempty"`
	Children int    `json:"children"` // how many there are directly below; of a path's nodes but the last it is not told
	Clique   bool   `json:"clique"`   // whether it is the focal point of a clique
	Stale    bool   `json:"stale"`    // whether it could not be read again
}
