package model

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
)

// Limits of what an object is found by: beyond these nobody looks for it, and an index has to hold all of it.
const (
	maxFindables    = 64
	maxFindableSize = 256 // bytes
)

// Findable is what an object can be found by: a text of it, in small letters and in one line, and the attribute that it is
// of. Addresses are in their usual notation: 10.0.0.1, 2001:db8::1, fa:16:3e:00:00:01.
type Findable struct{ Attribute, Text string }

// Findables returns what the object can be found by: its names, its ids and its addresses. Folders can't be found.
func (o *Object) Findables() []Findable {
	if IsFolder(o.Type) {
		return nil
	}
	var f findables
	f.add("name", o.Name)
	f.add("object_name", o.ObjectName)
	f.add("id", o.ID)
	for _, attribute := range []string{"port_name", "local_name", "local_service_id", "uuid", "mac_address", "IP Address", "IPv6 Address",
		"management_addresses", "fabric_address", "cidrs"} {
		f.addAll(attribute, o.Strs(attribute))
	}
	if o.Type != TypeInstance { // which tells its host's
		f.addAll("ip_address", o.Strs("ip_address"))
	}
	f.addAll("addresses", o.Strs("addresses"))
	for _, in := range []struct{ attribute, key string }{{"addresses", "addr"}, {"addresses", "mac_address"}, {"fixed_ips", "ip_address"},
		{"interfaces", "mac_address"}} {
		for _, entry := range o.Maps(in.attribute) {
			f.addAll(in.attribute, Strings(entry[in.key]))
		}
	}
	return f
}

type findables []Findable

func (f *findables) addAll(attribute string, texts []string) {
	for _, text := range texts {
		f.add(attribute, text)
	}
}

func (f *findables) add(attribute, text string) {
	text = FoldText(text)
	if address, err := netip.ParseAddr(text); err == nil {
		text = address.String()
	}
	known := func(other Findable) bool { return other.Text == text }
	if text != "" && len(*f) < maxFindables && !slices.ContainsFunc(*f, known) {
		*f = append(*f, Findable{attribute, text})
	}
}

// FoldText makes texts comparable that people take for the same: small letters, one line, no blanks around it.
func FoldText(text string) string {
	if len(text) > maxFindableSize {
		text = strings.ToValidUTF8(text[:maxFindableSize], "")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToLower(text))
	return strings.TrimSpace(text)
}

// JoinFindables writes them as one text, a line "attribute=text" each.
func JoinFindables(all []Findable) string {
	var b strings.Builder
	for _, f := range all {
		b.WriteString(f.Attribute + "=" + f.Text + "\n")
	}
	return b.String()
}
