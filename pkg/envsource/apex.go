package envsource

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// Login is how to log in to a host: by a private key.
type Login struct {
	Host, User, Key string
	Port            int // 22 when 0
}

// ApexFiles are what Apex, or TripleO, left on the undercloud and on a controller of the overcloud.
type ApexFiles struct {
	Overcloudrc []byte   // of the undercloud's user stack
	Hieradata   [][]byte // JSON files of /etc/puppet/hieradata; of values that several have the first counts
	Hosts       []byte   // /etc/hosts, with the addresses of the control plane

	Gateway Login // the undercloud, or the jump host
	Node    Login // the overcloud's nodes: its Host is not used
}

// The commands that read these files; that on the undercloud is run by its user stack.
var (
	ReadOvercloudrc = hostcmd.Command{Name: "cat overcloudrc", Script: `cat "$HOME/overcloudrc"`}
	ReadHosts       = hostcmd.Command{Name: "cat /etc/hosts", Script: `cat /etc/hosts`}
)

// ReadHieradata are the commands that read hieradata; not every release has all of the files.
func ReadHieradata() (commands []hostcmd.Command) {
	for _, file := range []string{"service_configs", "vip_data", "all_nodes"} {
		path := "/etc/puppet/hieradata/" + file + ".json"
		commands = append(commands, hostcmd.Command{Name: "cat " + path, Script: "$sudo cat " + path})
	}
	return commands
}

// Apex makes the document of an environment that Apex has installed.
func Apex(files ApexFiles) (*Found, error) {
	hiera, err := mergeHieradata(files.Hieradata)
	if err != nil {
		return nil, err
	}
	found := &Found{Name: "Apex-Euphrates", Distribution: "Apex", DistributionVersion: "Euphrates"}
	found.setDrivers(hiera.list("neutron::plugins::ml2::mechanism_drivers"), hiera.list("neutron::plugins::ml2::tenant_network_types"))
	if err := found.addOpenStack(accountOf(ParseRC(files.Overcloudrc))); err != nil {
		return nil, fmt.Errorf("overcloudrc: %w", err)
	}
	controller := hiera.text("mysql_vip", "controller_virtual_ip")
	found.add(model.Section{"name": model.SectionMySQL, "host": controller, "port": 3306, "user": "root",
		"pwd": hiera.text("mysql::server::root_password")}, "host", "pwd")
	found.add(model.Section{"name": model.SectionAMQP, "host": hiera.text("rabbitmq_vip", "mysql_vip", "controller_virtual_ip"), "port": 5672,
		"user": cmp.Or(hiera.text("rabbitmq::default_user"), "guest"), "pwd": hiera.text("rabbitmq::default_pass", "neutron::rabbit_password")},
		"host", "pwd")
	cli := model.Section{"name": model.SectionCLI, "host": files.Gateway.Host, "user": files.Gateway.User, "key": files.Gateway.Key}
	if port := files.Gateway.Port; port != 0 && port != 22 {
		cli["port"] = port
	}
	if hosts := nodes(files.Hosts, files.Node); len(hosts) > 0 {
		cli["hosts"] = hosts
	} else {
		found.miss("section CLI: hosts: no node of the control plane is in /etc/hosts")
	}
	found.add(cli, "host", "user")
	return found, nil
}

type hieradata map[string]any

func mergeHieradata(files [][]byte) (hieradata, error) {
	all := hieradata{}
	for i, file := range files {
		var values map[string]any
		if err := json.Unmarshal(file, &values); err != nil {
			return nil, fmt.Errorf("hieradata: file %d is not an object in JSON: %w", i+1, err)
		}
		for key, value := range values {
			if all[key] == nil {
				all[key] = value
			}
		}
	}
	return all, nil
}

// text is the first value that is there.
func (h hieradata) text(keys ...string) string {
	for _, key := range keys {
		if s, _ := h[key].(string); s != "" {
			return s
		}
	}
	return ""
}

func (h hieradata) list(key string) []string {
	if s, ok := h[key].(string); ok {
		return words(s)
	}
	return model.Strings(h[key])
}

// nodes are the hosts of the control plane, from lines as "192.0.2.8 node-0.ctlplane.localdomain node-0.ctlplane", by the
// names that Nova has for them: the full ones of the line that has no network's name.
func nodes(etcHosts []byte, login Login) (list []any) {
	full := map[string]string{}
	var names []string
	addresses := map[string]string{}
	for line := range strings.Lines(string(etcHosts)) {
		before, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(before)
		if len(fields) < 3 {
			continue
		}
		name, network, _ := strings.Cut(fields[len(fields)-1], ".")
		switch network {
		case "":
			full[name] = fields[1]
		case "ctlplane":
			addresses[name] = fields[0]
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		node := map[string]any{"name": cmp.Or(full[name], name), "host": addresses[name], "user": login.User}
		if login.Key != "" {
			node["key"] = login.Key
		}
		list = append(list, node)
	}
	return list
}
