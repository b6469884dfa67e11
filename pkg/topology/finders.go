package topology

import (
	"slices"
	"strings"

	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/model"
)

// Finders says which links are looked for: all that are known here but those that are off, and more.
type Finders struct {
	Off  []string // link types
	More []Finder
}

// Finder finds the links of one type on a host. Find sets the ends, name, labels, state and attributes of each; Join
// makes one.
type Finder struct {
	LinkType string
	Find     func(View) []model.Link
}

// ParseFinders reads which links are not looked for: "off: [link type, …]", in YAML.
func ParseFinders(source document.Source) (Finders, error) {
	var file struct {
		Off []string `json:"off"`
	}
	doc, err := document.Read(source, &file)
	if err != nil {
		return Finders{}, err
	}
	known := linkTypesFound()
	for i, lt := range file.Off {
		if !slices.Contains(known, lt) {
			return Finders{}, doc.Errorf(document.Path{"off", i}, "nothing finds links of type %q; there are %s", lt, strings.Join(known, ", "))
		}
	}
	return Finders{Off: file.Off}, nil
}

func linkTypesFound() (types []string) {
	for _, f := range finders() {
		types = append(types, f.linkType)
	}
	return types
}

// all returns the finders to be used on a view.
func (fs Finders) all(view View) []finder {
	list := slices.DeleteFunc(finders(), func(f finder) bool { return slices.Contains(fs.Off, f.linkType) })
	for _, more := range fs.More {
		list = append(list, finder{more.LinkType, func(*index) []model.Link { return more.Find(view) }})
	}
	return list
}
