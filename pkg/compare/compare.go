// Package compare tells whether two documents of inventories say the same of a cloud.
package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// ofTheReading are what documents say of when and how they were read, and of what others know of them: a clique's links
// are documents of their own.
var ofTheReading = []string{"last_scanned", "found_in", "stale", "links_detailed"}

// volatile are attributes that tell of time, or of what a cloud does all by itself all the time.
var volatile = []string{"heartbeat_timestamp", "updated_at", "last_heartbeat", "heartbeat", "current_workload", "configurations_updated"}

// Normal returns a document as it is compared: as JSON has it, without what tells of time. The error says that it can't
// be written as a JSON object.
func Normal(document any) (map[string]any, error) {
	data, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("compare documents: %w", err)
	}
	return Parse(data)
}

// Parse is Normal for a document that is JSON already.
func Parse(data []byte) (map[string]any, error) {
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("compare documents: %w", err)
	}
	for _, key := range ofTheReading {
		delete(doc, key)
	}
	timeless(doc)
	return doc, nil
}

// timeless takes out of a value, at any depth, what is volatile.
func timeless(value any) {
	switch v := value.(type) {
	case map[string]any:
		// Agents report how many networks, ports and the like they serve, some time after it changed.
		ofAgent := v["log_agent_heartbeats"] != nil
		maps.DeleteFunc(v, func(key string, value any) bool {
			_, count := value.(float64)
			return slices.Contains(volatile, key) || count && ofAgent
		})
		for _, inner := range v {
			timeless(inner)
		}
	case []any:
		for _, inner := range v {
			timeless(inner)
		}
	}
}

// Same tells whether two documents, as Normal returns them, say the same.
func Same(a, b map[string]any) bool { return reflect.DeepEqual(a, b) }

// Differences lists where two documents, as Normal returns them, are different: "status: ACTIVE, DOWN". What one does not
// have is "-". Of lists it names the first element that is different.
func Differences(a, b map[string]any) []string {
	var list []string
	walk("", a, b, &list)
	return list
}

func walk(path string, a, b any, list *[]string) {
	if reflect.DeepEqual(a, b) {
		return
	}
	if x, y, ok := both[map[string]any](a, b); ok {
		keys := slices.Concat(slices.Collect(maps.Keys(x)), slices.Collect(maps.Keys(y)))
		slices.Sort(keys)
		for _, key := range slices.Compact(keys) {
			walk(join(path, key), x[key], y[key], list)
		}
		return
	}
	if x, y, ok := both[[]any](a, b); ok && len(x) == len(y) {
		for i := range x {
			if !reflect.DeepEqual(x[i], y[i]) {
				walk(join(path, strconv.Itoa(i)), x[i], y[i], list)
				return
			}
		}
	}
	*list = append(*list, path+": "+text(a)+", "+text(b))
}

func both[T any](a, b any) (x, y T, ok bool) {
	x, okX := a.(T)
	y, okY := b.(T)
	return x, y, okX && okY
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// mostText is how much of a value is shown.
const mostText = 120

func text(value any) string {
	if value == nil {
		return "-"
	}
	data, _ := json.Marshal(value) // it came from JSON
	if len(data) > mostText {
		data = append(data[:mostText], "…"...)
	}
	return string(data)
}
