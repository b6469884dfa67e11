package envsource

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"calipso.io/calipso/pkg/model"
)

// KollaFiles are what Kolla Ansible deploys by.
type KollaFiles struct {
	Passwords []byte // passwords.yml
	Globals   []byte // globals.yml
	Inventory []byte // in Ansible's INI form
}

// Kolla makes the document of an environment that Kolla Ansible has deployed. The gateway is the first host of the group
// control.
func Kolla(files KollaFiles) (*Found, error) {
	passwords, err := variables("passwords.yml", files.Passwords)
	if err != nil {
		return nil, err
	}
	globals, err := variables("globals.yml", files.Globals)
	if err != nil {
		return nil, err
	}
	found := &Found{Name: "Kolla", Distribution: "Kolla", DistributionVersion: globals["openstack_release"]}
	if found.DistributionVersion == "" {
		found.miss("distribution_version: openstack_release is not in globals.yml")
	}
	found.setDrivers(words(cmp.Or(globals["neutron_plugin_agent"], "openvswitch")), words(cmp.Or(globals["neutron_tenant_network_types"], "vxlan")))
	address := cmp.Or(globals["kolla_internal_fqdn"], globals["kolla_internal_vip_address"])
	if address == "" {
		return nil, fmt.Errorf("globals.yml: kolla_internal_vip_address is missing: it is where Keystone and the database are")
	}
	scheme := "http"
	if slices.Contains([]string{"yes", "true"}, globals["kolla_enable_tls_internal"]) {
		scheme = "https"
	}
	err = found.addOpenStack(account{authURL: fmt.Sprintf("%s://%s:%s", scheme, address, cmp.Or(globals["keystone_public_port"], "5000")),
		user: cmp.Or(globals["keystone_admin_user"], "admin"), password: passwords["keystone_admin_password"],
		project: cmp.Or(globals["keystone_admin_project"], "admin"), region: globals["openstack_region_name"], endpointInterface: "internal"})
	if err != nil {
		return nil, fmt.Errorf("globals.yml: %w", err)
	}
	found.add(model.Section{"name": model.SectionMySQL, "host": address, "port": cmp.Or(globals["database_port"], "3306"),
		"user": cmp.Or(globals["database_user"], "root"), "pwd": passwords["database_password"]}, "pwd")
	found.add(model.Section{"name": model.SectionAMQP, "host": address, "port": cmp.Or(globals["rabbitmq_port"], "5672"),
		"user": cmp.Or(globals["rabbitmq_user"], "openstack"), "pwd": passwords["rabbitmq_password"]}, "pwd")
	found.addInventory(parseInventory(files.Inventory))
	return found, nil
}

// addInventory adds the section CLI: the first controller is the gateway, the others have logins of their own.
func (f *Found) addInventory(inventory inventory) {
	control := inventory.hosts("control")
	if len(control) == 0 {
		f.miss("section CLI: the inventory has no host in the group control")
		return
	}
	gateway := control[0]
	cli := gateway.login()
	cli["name"] = model.SectionCLI
	var others []any
	for _, host := range inventory.hosts("control", "network", "compute") {
		if host.name != gateway.name {
			login := host.login()
			login["name"] = host.name
			others = append(others, map[string]any(login))
		}
	}
	if len(others) > 0 {
		cli["hosts"] = others
	}
	if cli["key"] == nil && cli["pwd"] == nil {
		f.miss("section CLI: key (the inventory has no ansible_ssh_private_key_file)")
	}
	f.add(cli, "host", "user")
}

// variables reads a YAML file of variables; those that are not plain values are left out.
func variables(name string, text []byte) (map[string]string, error) {
	var all map[string]any
	if err := yaml.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	values := map[string]string{}
	for key, value := range all {
		switch value.(type) {
		case string, float64, int64, bool:
			if text := strings.TrimSpace(fmt.Sprint(value)); !strings.Contains(text, "{{") {
				values[key] = text
			}
		}
	}
	return values, nil
}
