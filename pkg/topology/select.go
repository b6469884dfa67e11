package topology

import (
	"slices"
	"strconv"

	"calipso.io/calipso/pkg/model"
)

// AnyEnvironment is the environment of clique types that are for every environment without a better one.
const AnyEnvironment = "ANY"

// SelectCliqueType returns the clique type that cliques of a type of focal point are built by in an environment: the one
// that fits best, the first of those that fit equally well, or false when none fits.
func SelectCliqueType(env *model.Environment, types []model.CliqueType, focalType string) (*model.CliqueType, bool) {
	var best *model.CliqueType
	highest := 0
	for i := range types {
		if types[i].FocalPointType != focalType {
			continue
		}
		if s := score(env, &types[i]); s > highest {
			best, highest = &types[i], s
		}
	}
	return best, best != nil
}

// score tells how well a clique type fits an environment; 0: not at all. A type that is made for the environment fits
// better than any that is made for its configuration, and one that is for any environment is the last resort.
func score(env *model.Environment, ct *model.CliqueType) int {
	switch ct.Environment {
	case "":
		return configurationScore(env, ct)
	case env.Name:
		return 64
	case AnyEnvironment:
		return 1
	}
	return 0
}

// configurationScore weighs what a clique type says of an environment's configuration: all of it must fit, and the more
// it says the better it fits.
func configurationScore(env *model.Environment, ct *model.CliqueType) int {
	sum := 0
	for _, rule := range []struct {
		weight      int
		given, fits bool
	}{
		{0, ct.EnvironmentType != "", ct.EnvironmentType == env.Kind()},
		{32, ct.Distribution != "", ct.Distribution == env.Distribution},
		{16, ct.Distribution != "" && ct.DistributionVersion != "", versionFits(ct.DistributionVersion, env.DistributionVersion)},
		{8, len(ct.MechanismDrivers) > 0, overlap(ct.MechanismDrivers, env.MechanismDrivers)},
		{4, ct.TypeDrivers != "", ct.TypeDrivers == env.TypeDrivers},
		{2, ct.ACIEnabled, env.ACIEnabled},
	} {
		if rule.given && !rule.fits {
			return 0
		}
		if rule.given {
			sum += rule.weight
		}
	}
	return max(sum, 2)
}

// versionFits tells whether a version is the wanted one or, where both are plain numbers, not below it.
func versionFits(wanted, version string) bool {
	w, err := strconv.Atoi(wanted)
	v, err2 := strconv.Atoi(version)
	return wanted == version || err == nil && err2 == nil && w <= v
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
