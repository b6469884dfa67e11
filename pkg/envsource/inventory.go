package envsource

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"calipso.io/calipso/pkg/model"
)

// inventory is an Ansible inventory: groups of hosts, and groups of groups.
type inventory struct {
	members  map[string][]ansibleHost
	children map[string][]string
	vars     map[string]string // of all hosts
}

type ansibleHost struct {
	name string
	vars map[string]string
}

// parseInventory reads an inventory in INI form.
func parseInventory(text []byte) inventory {
	inv := inventory{members: map[string][]ansibleHost{}, children: map[string][]string{}, vars: map[string]string{}}
	group, kind := "", ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if line[0] == '[' {
			group, kind, _ = strings.Cut(strings.Trim(line, "[]"), ":")
			continue
		}
		words := strings.Fields(line)
		switch {
		case kind == "children":
			inv.children[group] = append(inv.children[group], words[0])
		case kind == "vars" && group == "all":
			name, value, _ := strings.Cut(line, "=")
			inv.vars[strings.TrimSpace(name)] = strings.Trim(strings.TrimSpace(value), `"'`)
		case kind == "":
			for _, name := range expand(words[0]) {
				inv.members[group] = append(inv.members[group], ansibleHost{name, hostVars(words[1:])})
			}
		}
	}
	for _, members := range inv.members {
		for _, host := range members {
			for name, value := range inv.vars {
				host.vars[name] = cmp.Or(host.vars[name], value)
			}
		}
	}
	return inv
}

func hostVars(words []string) map[string]string {
	vars := map[string]string{}
	for _, word := range words {
		if name, value, ok := strings.Cut(word, "="); ok {
			vars[name] = strings.Trim(value, `"'`)
		}
	}
	return vars
}

var hostRange = regexp.MustCompile(`^(.*)\[(\d+):(\d+)\](.*)$`)

// expand returns the hosts of a range, as compute[01:03].
func expand(name string) (names []string) {
	m := hostRange.FindStringSubmatch(name)
	if m == nil {
		return []string{name}
	}
	first, _ := strconv.Atoi(m[2])
	last, _ := strconv.Atoi(m[3])
	for i := first; i <= last && len(names) < 10_000; i++ {
		names = append(names, fmt.Sprintf("%s%0*d%s", m[1], len(m[2]), i, m[4]))
	}
	return names
}

// hosts returns the hosts of groups and of the groups in these, each once. Variables of the first mention count.
func (inv inventory) hosts(groups ...string) (list []ansibleHost) {
	seen := map[string]bool{}
	var visit func(group string)
	visit = func(group string) {
		if seen["group "+group] {
			return
		}
		seen["group "+group] = true
		for _, host := range inv.members[group] {
			if !seen[host.name] {
				seen[host.name] = true
				list = append(list, inv.mentioned(host))
			}
		}
		for _, child := range inv.children[group] {
			visit(child)
		}
	}
	for _, group := range groups {
		visit(group)
	}
	return list
}

// mentioned returns a host with the variables of all groups that name it.
func (inv inventory) mentioned(host ansibleHost) ansibleHost {
	for _, members := range inv.members {
		i := slices.IndexFunc(members, func(h ansibleHost) bool { return h.name == host.name })
		if i < 0 {
			continue
		}
		for name, value := range members[i].vars {
			host.vars[name] = cmp.Or(host.vars[name], value)
		}
	}
	return host
}

// login is how Ansible logs in to the host.
func (h ansibleHost) login() model.Section {
	login := model.Section{"host": cmp.Or(h.vars["ansible_host"], h.vars["ansible_ssh_host"], h.name),
		"user": cmp.Or(h.vars["ansible_user"], h.vars["ansible_ssh_user"], "root")}
	for key, names := range map[string][]string{"port": {"ansible_port", "ansible_ssh_port"}, "key": {"ansible_ssh_private_key_file"},
		"pwd": {"ansible_password", "ansible_ssh_pass"}} {
		for _, name := range names {
			if value := h.vars[name]; value != "" {
				login[key] = value
			}
		}
	}
	return login
}
