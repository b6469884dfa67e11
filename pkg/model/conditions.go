package model

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Conditions say for which environments and hosts something is: for each key, one of the values. Versions may be given as
// VersionFits takes them.
type Conditions map[string][]string

var conditionKeys = []string{"environment_type", "distribution", "distribution_version", "mechanism_drivers",
	"type_drivers", "aci_enabled", "host_type"}

// Check returns an error that names a key that is none.
func (c Conditions) Check() error {
	for _, key := range slices.Sorted(maps.Keys(c)) {
		if !slices.Contains(conditionKeys, key) {
			return fmt.Errorf("unknown condition %q; there are %s", key, strings.Join(conditionKeys, ", "))
		}
	}
	return nil
}

// Hold tells whether all conditions hold for an environment and one of its objects.
func (c Conditions) Hold(env *Environment, object *Object) bool {
	have := map[string][]string{
		"environment_type":     {env.Kind()},
		"distribution":         {env.Distribution},
		"distribution_version": {env.DistributionVersion},
		"mechanism_drivers":    env.MechanismDrivers,
		"type_drivers":         {env.TypeDrivers},
		"aci_enabled":          {strconv.FormatBool(env.ACIEnabled)},
		"host_type":            object.Strs("host_type"),
	}
	for key, wanted := range c {
		fits := func(v string) bool { return slices.Contains(wanted, v) }
		if key == "distribution_version" {
			fits = func(v string) bool {
				return slices.ContainsFunc(wanted, func(w string) bool { return VersionFits(w, v) })
			}
		}
		if !slices.ContainsFunc(have[key], fits) {
			return false
		}
	}
	return true
}
