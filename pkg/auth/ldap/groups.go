package ldap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// user reads of an entry, and of the groups' tree if there is one, who it is.
func (d *Directory) user(conn *ldap.Conn, entry *ldap.Entry) (User, error) {
	name, err := d.nameOf(entry)
	if err != nil {
		return User{}, err
	}
	names := entry.GetEqualFoldAttributeValues(memberOf)
	found, err := d.groupsOf(conn, entry.DN, name)
	if err != nil {
		return User{}, err
	}
	user := User{Name: name}
	for _, group := range append(names, found...) {
		if canonical, ok := CanonicalDN(group); ok {
			user.Groups = append(user.Groups, canonical)
		}
	}
	slices.Sort(user.Groups)
	user.Groups = slices.Compact(user.Groups)
	return user, nil
}

// nameOf is an entry's name: the one in its DN where it has several, so that one person is always one user.
func (d *Directory) nameOf(entry *ldap.Entry) (string, error) {
	if parsed, err := parseDN(entry.DN); err == nil && len(parsed.RDNs) > 0 {
		for _, a := range parsed.RDNs[0].Attributes {
			if strings.EqualFold(a.Type, d.config.UserIDAttribute) && plausible(a.Value) {
				return a.Value, nil
			}
		}
	}
	values := entry.GetEqualFoldAttributeValues(d.config.UserIDAttribute)
	slices.Sort(values)
	if len(values) == 0 || !plausible(values[0]) {
		return "", fmt.Errorf("%s has no readable %s", entry.DN, d.config.UserIDAttribute)
	}
	return values[0], nil
}

// groupsOf looks for the groups that name an entry as a member.
func (d *Directory) groupsOf(conn *ldap.Conn, entryDN, name string) ([]string, error) {
	c := d.config
	if c.GroupTreeDN == "" {
		return nil, nil
	}
	member := entryDN
	if strings.EqualFold(c.GroupMemberAttribute, "memberUid") { // of posixGroup, which knows no DNs
		member = name
	}
	filter := "(&(objectClass=" + c.GroupObjectClass + ")(" + c.GroupMemberAttribute + "=" + ldap.EscapeFilter(member) + "))"
	found, err := conn.SearchWithPaging(ldap.NewSearchRequest(c.GroupTreeDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		0, 0, false, filter, []string{"1.1"}, nil), 500) // "1.1": no attributes, the DN is enough
	if err != nil {
		return nil, fmt.Errorf("look for %s below %s: %w", filter, c.GroupTreeDN, err)
	}
	dns := make([]string, len(found.Entries))
	for i, e := range found.Entries {
		dns[i] = e.DN
	}
	return dns, nil
}

// CanonicalDN writes a distinguished name in the one way in which those that mean the same are the same text; ok is false
// when it is none.
func CanonicalDN(text string) (canonical string, ok bool) {
	parsed, err := parseDN(text)
	if err != nil || len(parsed.RDNs) == 0 {
		return "", false
	}
	return strings.ToLower(parsed.String()), true
}

func parseDN(text string) (*ldap.DN, error) { return ldap.ParseDN(text) }
