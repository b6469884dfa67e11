package cloud

import "strconv"

// Item is one row of a listing, as the API gave it. Answers are shared between all who ask: items must not be changed.
type Item map[string]any

// Str returns the value of a key as text: numbers are written in decimal, what is neither text nor number is "".
func (i Item) Str(key string) string {
	switch v := i[key].(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// Item returns the value of a key that is an object; nil when it is something else.
func (i Item) Item(key string) Item {
	m, _ := i[key].(map[string]any)
	return m
}

// Items returns the objects in the list at a key.
func (i Item) Items(key string) []Item {
	list, _ := i[key].([]any)
	items := make([]Item, 0, len(list))
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			items = append(items, m)
		}
	}
	return items
}
