package auth

import (
	"slices"
	"strings"
)

// GroupPrefix begins the entries of an environment's lists of who may see and change it that name a group: "group:netops".
// Other entries name users.
const GroupPrefix = "group:"

// Named tells whether a list of users and groups has somebody. Names of users never begin with GroupPrefix, so that nobody
// can log in as a group.
func (i Identity) Named(list []string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		if group, ok := strings.CutPrefix(entry, GroupPrefix); ok {
			return slices.Contains(i.Groups, group)
		}
		return entry != "" && entry == i.User
	})
}
