package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"calipso.io/calipso/pkg/model"
)

// checkType returns an error that names the types that may be meant, or all of them, for a type of which there are no
// objects and that is not one of the object model.
func checkType(objectType string) error {
	types := model.ObjectTypes()
	if slices.Contains(types, objectType) || model.IsFolder(objectType) {
		return nil
	}
	if near := nearTypes(types, objectType); len(near) > 0 {
		return fmt.Errorf("there is no type %q: do you mean %s?", objectType, strings.Join(near, " or "))
	}
	return fmt.Errorf("there is no type %q; the types are %s", objectType, strings.Join(types, ", "))
}

// nearTypes returns the types that differ by a few letters or by what is left out of them, such as the "host_" of pnic.
func nearTypes(types []string, typed string) (near []string) {
	typed = strings.TrimSuffix(strings.ToLower(typed), "s")
	for _, t := range types {
		if levenshtein.Distance(typed, t, nil) <= 1+len(t)/5 || len(typed) > 2 && strings.Contains(t, typed) {
			near = append(near, t)
		}
	}
	return near
}
