package variance

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"calipso.io/calipso/pkg/model"
)

// candidate is a supported variance, and how far it is from a wanted one.
type candidate struct {
	text     string
	distance int
}

// nearest describes the three supported variances that have most in common with an environment.
func (t Table) nearest(env *model.Environment, feature string) (texts []string) {
	var all []candidate
	for _, row := range t {
		if !row.Features.Has(feature) {
			continue
		}
		e := row.Environment
		for _, distribution := range e.Distribution {
			for _, mechanism := range e.MechanismDrivers {
				for _, types := range e.TypeDrivers {
					version := nearestVersion(e.Versions, env.DistributionVersion)
					all = append(all, candidate{describe(distribution, version, mechanism, types),
						distance(env, distribution, version, mechanism, types)})
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	for _, c := range all {
		if len(texts) < 3 && !slices.Contains(texts, c.text) {
			texts = append(texts, c.text)
		}
	}
	return texts
}

// distance weighs what differs: another distribution is more than all else, another version less than anything.
func distance(env *model.Environment, distribution, version, mechanism, types string) (d int) {
	if distribution != env.Distribution {
		d += 20
		// One that is written in nearly the same way may be meant.
		if levenshtein.Distance(strings.ToLower(distribution), strings.ToLower(env.Distribution), nil) > 2 {
			d += 10
		}
	}
	if !slices.Contains(env.MechanismDrivers, mechanism) {
		d += 4
	}
	if types != env.TypeDrivers {
		d += 3
	}
	if version != "*" && !model.VersionFits(version, env.DistributionVersion) {
		d++
	}
	return d
}

// nearestVersion returns the version itself if it is among those of a row, else the latest before it, else the first.
func nearestVersion(versions []string, version string) string {
	nearest := versions[0]
	for _, v := range versions {
		if v == "*" || model.VersionFits(v, version) {
			return v
		}
		if isLater(version, v) && (!isLater(version, nearest) || isLater(v, nearest)) {
			nearest = v
		}
	}
	return nearest
}
