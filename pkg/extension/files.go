package extension

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/document"
	"calipso.io/calipso/pkg/monitor"
	"calipso.io/calipso/pkg/topology"
	"calipso.io/calipso/pkg/variance"
)

//go:embed constants.yaml
var defaultConstants []byte

// shipped returns what stands for the parts that the operator has no file for.
func shipped() map[string][]byte {
	return map[string][]byte{
		"plan":                   discover.DefaultPlan,
		"wrappers":               hostcmd.DefaultWrappers,
		"supported_environments": variance.DefaultTable,
		"link_types":             topology.DefaultLinkTypesData,
		"links":                  nil,
		"clique_types":           topology.DefaultCliqueTypesData,
		"clique_constraints":     topology.DefaultConstraintsData,
		"constants":              defaultConstants,

		"monitoring_config_templates": monitor.DefaultTemplates,
	}
}

// files are the contents of an operator's folder, by their names.
type files map[string]document.Source

const (
	replaces = ".yaml"
	adds     = ".add.yaml"
)

// openFolder reads the files of a folder. One that is not known is an error: nobody should believe that it has an effect.
func openFolder(folder string) (files, error) {
	f := files{}
	if folder == "" {
		return f, nil
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var problems []error
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || strings.HasPrefix(name, ".") || !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			continue
		}
		if !slices.Contains(fileNames(), name) {
			problems = append(problems, fmt.Errorf("%s has no meaning; there are %s", filepath.Join(folder, name), strings.Join(fileNames(), ", ")))
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, name))
		problems = append(problems, err)
		f[name] = document.Source{File: filepath.Join(folder, name), Content: content}
	}
	return f, errors.Join(problems...)
}

// fileNames are the names that files may have.
func fileNames() (names []string) {
	for name := range shipped() {
		names = append(names, name+replaces)
		if name != "links" { // a list of what is off: there is nothing shipped to add to
			names = append(names, name+adds)
		}
	}
	slices.Sort(names)
	return names
}

// sources returns what a part is read from: the shipped file or the operator's in its place, and the one that adds to it.
func (f files) sources(name string) []document.Source {
	first, replaced := f[name+replaces]
	if !replaced {
		first = document.Source{File: name + " (built in)", Content: shipped()[name]}
	}
	if more, added := f[name+adds]; added {
		return []document.Source{first, more}
	}
	return []document.Source{first}
}
