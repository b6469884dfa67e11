package sim

import (
	"slices"
	"strings"
)

// Release is a release of OpenStack, by its place in their order: what a cloud's services can do follows from it.
type Release int

// The releases.
const (
	Icehouse Release = iota
	Juno
	Kilo
	Liberty
	Mitaka
	Newton
	Ocata
	Pike
	Queens
	Rocky
	Stein
	Train
	Ussuri
	Victoria
	Wallaby
	Xena
	Yoga
	Zed
)

// releaseOf returns the release that a version of a distribution is made of; the latest where that is not known.
func releaseOf(distribution, version string) Release {
	name := strings.ToLower(version)
	if of := numbered()[distribution+" "+version]; of != "" {
		name = of
	}
	names := []string{"icehouse", "juno", "kilo", "liberty", "mitaka", "newton", "ocata", "pike", "queens", "rocky", "stein", "train",
		"ussuri", "victoria", "wallaby", "xena", "yoga", "zed"}
	if at := slices.Index(names, name); at >= 0 {
		return Release(at)
	}
	return Zed
}

// numbered are the releases of distributions whose versions are not called after them.
func numbered() map[string]string {
	return map[string]string{
		"Mirantis 6.0": "juno", "Mirantis 7.0": "kilo", "Mirantis 8.0": "liberty", "Mirantis 9.0": "mitaka", "Mirantis 9.1": "mitaka",
		"Mirantis 10.0": "newton", "Apex Euphrates": "ocata", "Packstack 7.0.0-0.10.dev1682": "liberty",
	}
}
