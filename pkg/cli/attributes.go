package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// printAttributes writes a document as two columns: what JSON nests is named by its path, such as OS.name.
func printAttributes(w io.Writer, document any) error {
	data, err := json.Marshal(document)
	if err != nil {
		return err
	}
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	return printTable(w, []string{"ATTRIBUTE", "VALUE"}, flatten(nil, "", value))
}

func flatten(rows [][]string, path string, value any) [][]string {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			rows = flatten(rows, strings.TrimPrefix(path+"."+key, "."), value[key])
		}
		return rows
	case []any:
		if slices.ContainsFunc(value, nested) {
			for i, element := range value {
				rows = flatten(rows, fmt.Sprintf("%s[%d]", path, i), element)
			}
			return rows
		}
		texts := make([]string, len(value))
		for i, element := range value {
			texts[i] = scalar(element)
		}
		return append(rows, []string{path, strings.Join(texts, ", ")})
	}
	return append(rows, []string{path, scalar(value)})
}

func nested(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func scalar(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	data, _ := json.Marshal(value) // of a decoded scalar: it can't fail
	return string(data)
}
