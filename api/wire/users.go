package wire

import "time"

// UserList is a list of users.
type UserList struct {
	Users []User `json:"users"`
	Page
}

// User is a user as the API shows it: the roles for all environments, and single environments.
type User struct {
	Name    string     `json:"name"`
	Source  string     `json:"source"` // who knows the user: local, or another directory
	Roles   []string   `json:"roles"`
	View    []string   `json:"view-env"` // what may be seen
	Edit    []string   `json:"edit-env"` // what may be seen and changed
	Groups  []string   `json:"groups,omitempty"`
	Created *time.Time `json:"created,omitempty"`
}

// UserGrants is what a user may do. Keys that are left out stay as they are.
type UserGrants struct {
	Roles *[]string `json:"roles,omitempty"`
	View  *[]string `json:"view-env,omitempty"`
	Edit  *[]string `json:"edit-env,omitempty"`
}

// NewUser is a user to be made.
type NewUser struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	UserGrants
}

// NewPassword is another password of a user.
type NewPassword struct {
	Old string `json:"old,omitempty"` // needed of oneself
	New string `json:"new"`
}
