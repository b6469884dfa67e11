// Package model holds the documents that Calipso keeps and their constants. It does no I/O.
package model

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Object is one document of the inventory: something of a cloud that takes part in its networking.
// Its JSON form is flat: the fields below and every attribute side by side.
type Object struct {
	Environment string
	Type        string // one of the Type constants
	ID          string // unique among the objects of this type in this environment
	Name        string
	ObjectName  string // the name as shown in paths
	ParentID    string
	ParentType  string
	IDPath      string // ids from the environment down to this object, joined by "/"
	NamePath    string
	Host        string // name of the host that the object is on, if it is on one
	ShowInTree  bool
	LastScanned time.Time

	// Attrs holds all else that is known of the object, by the names of the object model. Keys are ours or of a
	// fixed vocabulary, never names that come from the cloud.
	Attrs map[string]any

	// Part, when set, says that this value is only a part of a document, owned by that name: Attrs are laid over the
	// attributes of the object with the same type and id, which others write. See PartHost and its neighbours.
	Part string

	// Scope and Fetcher say which step and which fetcher found the object; the sweep at the end of a scan goes by them.
	Scope   string
	Fetcher string
}

// Parts of an object that someone else than its fetcher writes. They survive a rescan of the object.
const (
	PartHost   = "host"   // what a host says of itself, added to what the cloud says of it
	PartSQL    = "sql"    // what only the cloud's database tells
	PartLLDP   = "lldp"   // which ports of switches a NIC is cabled to
	PartFabric = "fabric" // which ports of a fabric's switches a NIC is cabled to
	PartClique = "clique" // whether the object is the focal point of a clique
	PartStatus = "status" // what monitoring says
	PartStale  = "stale"  // why the object could not be read again; gone when it is read again
)

// DBID returns the id of the object's document. It follows from the natural key, so writing an object twice is the
// same as writing it once. It has the form of a MongoDB ObjectId: 24 hexadecimal digits.
func (o *Object) DBID() string { return DBID(o.Environment, o.Type, o.ID) }

// DBID derives a document id of 24 hexadecimal digits from the parts of a natural key.
func DBID(key ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(key, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// Str returns the attribute as text, or "" when it is absent or not text.
func (o *Object) Str(attr string) string {
	s, _ := o.Attrs[attr].(string)
	return s
}

// Bool returns whether the attribute is true.
func (o *Object) Bool(attr string) bool {
	b, _ := o.Attrs[attr].(bool)
	return b
}

// Strs returns the attribute as a list of texts; a single text is a list of one.
func (o *Object) Strs(attr string) []string { return Strings(o.Attrs[attr]) }

// Maps returns the attribute as a list of objects, as in ports: [{name: …}, …].
func (o *Object) Maps(attr string) []map[string]any {
	switch v := o.Attrs[attr].(type) {
	case []map[string]any:
		return v
	case []any:
		list := make([]map[string]any, 0, len(v))
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				list = append(list, m)
			}
		}
		return list
	}
	return nil
}

// Map returns the attribute as an object; nil when it is absent or something else.
func (o *Object) Map(attr string) map[string]any {
	m, _ := o.Attrs[attr].(map[string]any)
	return m
}

// Set sets an attribute, and makes the map of attributes if there is none.
func (o *Object) Set(attr string, value any) {
	if o.Attrs == nil {
		o.Attrs = map[string]any{}
	}
	o.Attrs[attr] = value
}

// Strings turns a text, a list of texts or a decoded JSON list into a list of texts.
func Strings(v any) []string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return []string{v}
	case []string:
		return v
	case []any:
		list := make([]string, 0, len(v))
		for _, e := range v {
			if s, ok := e.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// MarshalJSON writes the flat form.
func (o Object) MarshalJSON() ([]byte, error) {
	doc := make(map[string]any, len(o.Attrs)+13)
	maps.Copy(doc, o.Attrs)
	doc["_id"] = o.DBID()
	doc["environment"] = o.Environment
	doc["type"] = o.Type
	doc["id"] = o.ID
	doc["name"] = o.Name
	doc["object_name"] = o.ObjectName
	doc["parent_id"] = o.ParentID
	doc["parent_type"] = o.ParentType
	doc["id_path"] = o.IDPath
	doc["name_path"] = o.NamePath
	doc["show_in_tree"] = o.ShowInTree
	for key, value := range map[string]string{"host": o.Host, "found_in": o.Scope, "found_by": o.Fetcher} {
		if value != "" {
			doc[key] = value
		}
	}
	if !o.LastScanned.IsZero() {
		doc["last_scanned"] = o.LastScanned.UTC()
	}
	return json.Marshal(doc)
}

// UnmarshalJSON reads the flat form.
func (o *Object) UnmarshalJSON(data []byte) error {
	doc := make(map[string]any, min(len(data)/50, 40)) // about as many keys as there are: it need not grow
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	take := func(key string) string {
		s, _ := doc[key].(string)
		delete(doc, key)
		return s
	}
	delete(doc, "_id")
	*o = Object{
		Environment: take("environment"), Type: take("type"), ID: take("id"), Name: take("name"),
		ObjectName: take("object_name"), ParentID: take("parent_id"), ParentType: take("parent_type"),
		IDPath: take("id_path"), NamePath: take("name_path"), Host: take("host"),
		Scope: take("found_in"), Fetcher: take("found_by"),
	}
	o.ShowInTree, _ = doc["show_in_tree"].(bool)
	delete(doc, "show_in_tree")
	if s := take("last_scanned"); s != "" {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return fmt.Errorf("last_scanned of %s %s: %w", o.Type, o.ID, err)
		}
		o.LastScanned = t
	}
	o.Attrs = doc
	return nil
}
