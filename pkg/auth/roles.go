package auth

import "slices"

// Roles. Those about environments can also be had for one environment: its document names who has them, by
// auth.view-env and auth.edit-env.
const (
	ManageUsers             = "manage-users"
	ManageLinkTypes         = "manage-link-types"
	ManageCliqueTypes       = "manage-clique-types"
	ManageCliqueConstraints = "manage-clique-constraints"
	ViewEnv                 = "view-env" // see all environments
	EditEnv                 = "edit-env" // change, scan, add and remove all environments; what may be changed may be seen
)

// Roles returns all roles.
func Roles() []string {
	return []string{ManageUsers, ManageLinkTypes, ManageCliqueTypes, ManageCliqueConstraints, ViewEnv, EditEnv}
}

// Identity is who asks, as far as a login tells.
type Identity struct {
	User   string
	Source string   // who said so: SourceLocal, or the name of another directory of users
	Groups []string // of the user there
	Roles  []string // for all environments

	View, Edit []string // names of environments, besides those whose documents name the user

	Key      string // name of the API key that was used, if one was
	ReadOnly bool   // nothing may be changed by it
}

// Sources of users. Users of the same name in two of them are two users.
const (
	SourceLocal = "local" // the store
	SourceLDAP  = "ldap"
	SourceOIDC  = "oidc"
)

// Owner names the user among those of all sources.
func (i Identity) Owner() string { return i.Source + "/" + i.User }

// Has tells whether somebody has a role for all environments.
func (i Identity) Has(role string) bool {
	return slices.Contains(i.Roles, role) || role == ViewEnv && slices.Contains(i.Roles, EditEnv)
}

// Allows says in words what a role allows.
func Allows(role string) string {
	return map[string]string{
		ManageUsers:             "make, change and remove users, and say who may see and change environments; with view-env, read the audit log",
		ManageLinkTypes:         "make, change and remove link types",
		ManageCliqueTypes:       "make, change and remove clique types",
		ManageCliqueConstraints: "make, change and remove clique constraints",
		ViewEnv:                 "see all environments, the task monitor and the metrics",
		EditEnv:                 "see, change, scan, add and remove all environments, and the tasks in the queues",
	}[role]
}
