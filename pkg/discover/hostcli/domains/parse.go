package domains

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
)

// Domain is what is needed of a libvirt domain.
type Domain struct {
	Name       string    `xml:"name"`
	UUID       string    `xml:"uuid"`
	Interfaces []Element `xml:"devices>interface"`
}

// Element is an element of a domain's XML.
type Element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []Element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

// Parse reads the XML of a domain. XML that can't be read, or that is of something else, is an error.
func Parse(text []byte) (Domain, error) {
	var document struct {
		XMLName xml.Name `xml:"domain"`
		Domain
	}
	if err := xml.Unmarshal(text, &document); err != nil {
		return Domain{}, fmt.Errorf("not the XML of a domain: %w", err)
	}
	if document.UUID == "" {
		return Domain{}, fmt.Errorf("not the XML of a domain: it has no uuid")
	}
	return document.Domain, nil
}

// child returns the first child element of a name, or an empty one.
func (e *Element) child(name string) *Element {
	for i := range e.Children {
		if e.Children[i].XMLName.Local == name {
			return &e.Children[i]
		}
	}
	return &Element{}
}

// attr returns the value of an attribute, or "".
func (e *Element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// What elements and attributes are called: the vocabulary of libvirt.
var xmlName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// maxDepth limits how deep elements are followed; libvirt's interfaces need 3.
const maxDepth = 5

// value turns an element into nested objects: XML attributes have "@" before their names, and elements that stand
// there several times become a list.
func (e *Element) value(depth int) any {
	if text := strings.TrimSpace(e.Text); text != "" && len(e.Attrs)+len(e.Children) == 0 {
		return text
	}
	object := map[string]any{}
	for _, a := range e.Attrs {
		if xmlName.MatchString(a.Name.Local) {
			object["@"+a.Name.Local] = a.Value
		}
	}
	if depth == maxDepth {
		return object
	}
	for i := range e.Children {
		name := e.Children[i].XMLName.Local
		if !xmlName.MatchString(name) {
			continue
		}
		value := e.Children[i].value(depth + 1)
		switch earlier := object[name].(type) {
		case nil:
			object[name] = value
		case []any:
			object[name] = append(earlier, value)
		default:
			object[name] = []any{earlier, value}
		}
	}
	return object
}
