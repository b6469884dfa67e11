package openstack

import (
	"cmp"
	"maps"
	"slices"

	"calipso.io/calipso/pkg/conn/cloud"
)

// compareBy orders rows by the given keys.
func compareBy(a, b cloud.Item, keys ...string) int {
	for _, key := range keys {
		if n := cmp.Compare(a.Str(key), b.Str(key)); n != 0 {
			return n
		}
	}
	return 0
}

// sortedKeys returns a map's keys in their order.
func sortedKeys[K cmp.Ordered, V any, M ~map[K]V](m M) []K { return slices.Sorted(maps.Keys(m)) }
