package model

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// VersionFits tells whether a distribution's version is the wanted one, or, where the wanted one begins with ">=", not
// before it. "Zed (Debian 12)" is Zed.
func VersionFits(wanted, version string) bool {
	if least, ok := strings.CutPrefix(wanted, ">="); ok {
		order, ordered := CompareVersions(version, least)
		return ordered && order >= 0
	}
	order, ordered := CompareVersions(version, wanted)
	return strings.EqualFold(wanted, version) || ordered && order == 0
}

// CompareVersions tells which of two versions is the earlier one: negative when it is a. It knows the order of OpenStack's
// releases and of numbers; false where the two have no order, as a release and a number.
func CompareVersions(a, b string) (order int, ok bool) {
	a, b = strings.ToLower(strings.TrimSpace(a)), strings.ToLower(strings.TrimSpace(b))
	ra, rb := release(a), release(b)
	if ra >= 0 && rb >= 0 {
		return cmp.Compare(ra, rb), true
	}
	na, nb := numbers(a), numbers(b)
	if ra >= 0 || rb >= 0 || na == nil || nb == nil {
		return 0, false
	}
	return slices.Compare(na, nb), true
}

// OpenStack's releases have names until the year 2022. Then they have numbers, and names beside them.
const (
	named    = "austin bexar cactus diablo essex folsom grizzly havana icehouse juno kilo liberty mitaka newton ocata pike queens rocky stein train ussuri victoria wallaby xena yoga zed"
	numbered = "antelope bobcat caracal dalmatian epoxy flamingo gazpacho"
)

var releases = strings.Fields(named + " " + numbered)

var numberedRelease = regexp.MustCompile(`^20(\d\d)\.([12])\b`)

// release is the place of the release that a version begins with among all of them; -1 when it begins with none.
func release(version string) int {
	first, _, _ := strings.Cut(version, " ")
	if m := numberedRelease.FindStringSubmatch(first); m != nil {
		year, _ := strconv.Atoi(m[1])
		half, _ := strconv.Atoi(m[2])
		return slices.Index(releases, "zed") + (year-23)*2 + half // 2023.1 is Antelope
	}
	return slices.Index(releases, first)
}

// numbers are those that a version begins with, without zeros at the end: 9.0 is 9.
func numbers(version string) (list []int) {
	for part := range strings.SplitSeq(version, ".") {
		digits := len(part) - len(strings.TrimLeft(part, "0123456789"))
		if digits == 0 {
			break
		}
		n, _ := strconv.Atoi(part[:digits])
		if list = append(list, n); digits < len(part) {
			break
		}
	}
	for len(list) > 1 && list[len(list)-1] == 0 {
		list = list[:len(list)-1]
	}
	return list
}
