package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"

	"calipso.io/calipso/pkg/model"
)

// envDocument is an environment as its author wrote it, keys that we don't know included: the server names those.
type envDocument map[string]any

func (d envDocument) name() string {
	name, _ := d["name"].(string)
	return name
}

// readEnvironments reads a file, or standard input for "-", of one environment or a list of them, in JSON or YAML. The
// files of keys that they name are read in, so that workers on other machines have them.
func readEnvironments(file string, stdin io.Reader) ([]envDocument, error) {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read environments: %w", err)
	}
	documents, err := parseEnvironments(text)
	if err != nil {
		return nil, fmt.Errorf("read environments of %s: %w", file, err)
	}
	for _, d := range documents {
		if err := d.readKeys(filepath.Dir(file)); err != nil {
			return nil, fmt.Errorf("environment %s: %w", d.name(), err)
		}
	}
	return documents, nil
}

func parseEnvironments(text []byte) (documents []envDocument, err error) {
	if !json.Valid(text) { // JSON may be indented with tabs, which YAML forbids
		if text, err = yaml.YAMLToJSONStrict(text); err != nil {
			return nil, fmt.Errorf("neither JSON nor YAML: %w", err)
		}
	}
	if json.Unmarshal(text, &documents) != nil {
		var one envDocument
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, errors.New("an environment is an object with the keys name, distribution, configuration and so on, but there is something else")
		}
		documents = []envDocument{one}
	}
	if len(documents) == 0 || documents[0] == nil {
		return nil, errors.New("there is no environment in it")
	}
	return documents, nil
}

// readKeys replaces the paths of keys in the CLI section, and in its hosts, by what is in these files.
func (d envDocument) readKeys(folder string) error {
	sections, _ := d["configuration"].([]any)
	for _, s := range sections {
		section, ok := s.(map[string]any)
		if !ok || section["name"] != model.SectionCLI {
			continue
		}
		if err := readKey(section, folder); err != nil {
			return err
		}
		for _, host := range hostEntries(section["hosts"]) {
			if err := readKey(host, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// hostEntries returns the logins of a CLI section's key hosts, which is a list, or an object by names.
func hostEntries(hosts any) (entries []map[string]any) {
	add := func(v any) {
		if entry, ok := v.(map[string]any); ok {
			entries = append(entries, entry)
		}
	}
	switch hosts := hosts.(type) {
	case []any:
		for _, v := range hosts {
			add(v)
		}
	case map[string]any:
		for _, v := range hosts {
			add(v)
		}
	}
	return entries
}

func readKey(login map[string]any, folder string) error {
	key, _ := login["key"].(string)
	if key == "" || strings.Contains(key, "\n") {
		return nil
	}
	path := key
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // it may be a file of the workers' machines
	case err != nil:
		return fmt.Errorf("read the key of the CLI section: %w", err)
	}
	login["key"] = string(content)
	return nil
}
