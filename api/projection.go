package api

import (
	"encoding/json"
	"maps"
	"slices"

	"calipso.io/calipso/api/wire"
)

// projections returns of each document those attributes that are wished for, and an id.
func projections[T any](docs []T, wished []string, id func(*T) string) ([]wire.Projection, error) {
	entries := make([]wire.Projection, 0, len(docs))
	for i := range docs {
		entry, err := projectionOf(&docs[i], wished, id(&docs[i]))
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func projectionOf(doc any, wished []string, id string) (wire.Projection, error) {
	whole, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	var attributes wire.Projection
	if err := json.Unmarshal(whole, &attributes); err != nil {
		return nil, err
	}
	maps.DeleteFunc(attributes, func(name string, _ json.RawMessage) bool { return !slices.Contains(wished, name) })
	attributes["id"], err = json.Marshal(id)
	return attributes, err
}
