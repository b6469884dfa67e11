package lab_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/model"
)

// request sends a request with a token and a microversion of Nova, and returns the answer's status, document and token.
func request(t *testing.T, method, url, body, token string) (int, map[string]any, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", token)
	r.Header.Set("OpenStack-API-Version", "compute 2.53")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var document map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&document); err != nil && answer.StatusCode < 300 {
		t.Fatalf("%s: %v", url, err)
	}
	return answer.StatusCode, document, answer.Header.Get("X-Subject-Token")
}

// TestReleases: which versions Keystone has, what the network service is called, where Nova is and what it makes of a
// microversion, what Neutron's networks say, and which schemata there are, follows from the release.
func TestReleases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ distribution, version, want string }{
		{"Canonical", "Icehouse", "keystone v2 quantum /v2/P 200 tenant; nova ovs_quantum; own addresses"},
		{"RDO", "Kilo", "keystone v2 neutron /v2/P 200 tenant mtu; neutron nova; hosts"},
		{"Mirantis", "8.0", "keystone v2 v3 neutron /v2/P 200 tenant mtu; neutron nova; hosts"},
		{"Devstack", "Mitaka", "keystone v2 v3 neutron /v2.1/P 406 tenant mtu zones; neutron nova nova_api; own addresses hosts"},
		{"Apex", "Euphrates", "keystone v2 v3 neutron /v2.1 406 tenant mtu zones project; nova nova_api nova_cell0 ovs_neutron; hosts"},
		{"RDO", "Pike", "keystone v2 v3 neutron /v2.1 200 tenant mtu zones project; neutron nova nova_api nova_cell0; hosts"},
		{"Kolla", "train", "keystone v3 neutron /v2.1 200 tenant mtu zones project; neutron nova nova_api nova_cell0; hosts"},
	} {
		t.Run(c.distribution+" "+c.version, func(t *testing.T) {
			t.Parallel()
			l := start(t, lab.EnvConfig{Distribution: c.distribution, DistributionVersion: c.version})
			if got := apis(t, l) + "; " + databases(t, l); got != c.want {
				t.Errorf("\ngot  %s\nwant %s", got, c.want)
			}
		})
	}
}

// apis describes a cloud's APIs, as users of the project admin see them.
func apis(t *testing.T, l *lab.Lab) string {
	keystone, text := "http://"+address(l, model.SectionOpenStack), "keystone"
	_, v2, _ := request(t, http.MethodPost, keystone+"/v2.0/tokens", `{"auth": {"passwordCredentials": {"username": "admin", "password": "lab"}, "tenantName": "admin"}}`, "")
	status, v3, token := request(t, http.MethodPost, keystone+"/v3/auth/tokens", `{"auth": {"identity": {"methods": ["password"], "password": {"user":
		{"name": "admin", "password": "lab", "domain": {"name": "Default"}}}}, "scope": {"project": {"name": "admin", "domain": {"name": "Default"}}}}}`, "")
	var project string
	var catalog []any
	if access, ok := v2["access"].(map[string]any); ok {
		text += " v2"
		said := access["token"].(map[string]any)
		token, project, catalog = said["id"].(string), said["tenant"].(map[string]any)["id"].(string), access["serviceCatalog"].([]any)
	}
	if status == http.StatusCreated {
		text += " v3"
		said := v3["token"].(map[string]any)
		project, catalog = said["project"].(map[string]any)["id"].(string), said["catalog"].([]any)
	}
	urls := map[string]string{}
	for _, entry := range catalog {
		service := entry.(map[string]any)
		endpoint := service["endpoints"].([]any)[0].(map[string]any)
		url, _ := endpoint["url"].(string)
		if public, ok := endpoint["publicURL"].(string); ok {
			url = public
		}
		urls[service["type"].(string)] = url
		if service["type"] == "network" {
			text += " " + service["name"].(string)
		}
	}
	compute, network := urls["compute"], urls["network"]
	status, _, _ = request(t, http.MethodGet, compute+"/os-hypervisors/detail", "", token)
	text += fmt.Sprintf(" %s %d", strings.ReplaceAll(compute[strings.LastIndex(compute, "/v2"):], project, "P"), status)
	_, networks, _ := request(t, http.MethodGet, network+"/v2.0/networks", "", token)
	one := networks["networks"].([]any)[0].(map[string]any)
	for _, known := range [][2]string{{"tenant_id", "tenant"}, {"mtu", "mtu"}, {"availability_zones", "zones"}, {"project_id", "project"}} {
		if one[known[0]] != nil {
			text += " " + known[1]
		}
	}
	return text
}

// databases describes the schemata of Nova and Neutron, and the ends of tunnels.
func databases(t *testing.T, l *lab.Lab) string {
	db := openSQL(t, l, "")
	names, err := table(db, "SHOW DATABASES")
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	neutron := ""
	for _, name := range strings.Fields(names) {
		if strings.Contains(name, "neutron") || strings.Contains(name, "quantum") {
			neutron, text = name, append(text, name)
		}
		if strings.HasPrefix(name, "nova") {
			text = append(text, name)
		}
	}
	ends := ""
	if own, err := table(db, "SELECT ip_address FROM "+neutron+".ml2_vxlan_endpoints WHERE ip_address LIKE '10.77.%'"); err == nil && own != "" {
		ends = " own addresses"
	}
	if _, err := table(db, "SELECT host FROM "+neutron+".ml2_vxlan_endpoints"); err == nil {
		ends += " hosts"
	}
	return strings.Join(text, " ") + ";" + ends
}

// TestDistributions: hosts are set up as their distribution does it.
func TestDistributions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cloud      lab.EnvConfig
		line, want string
	}{
		{lab.EnvConfig{Distribution: "Mirantis", DistributionVersion: "6.0", Tunnel: "flat"}, "hostname; sudo ovs-vsctl list-br",
			"node-1.domain.tld\nbr-data\nbr-eth1\nbr-eth2\nbr-ex\nbr-int\n"},
		{lab.EnvConfig{Distribution: "Mirantis", DistributionVersion: "8.0"}, "sudo ovs-vsctl list-ports br-ex; sudo ovs-vsctl list-ports br-eth2",
			"br-ex--br-eth2\nphy-br-ex\nbr-eth2--br-ex\neth2\n"},
		{lab.EnvConfig{Distribution: "Mirantis", DistributionVersion: "9.0"}, "sudo ovs-vsctl list-ports br-ex; ip route show",
			"eth2\nphy-br-ex\n10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.11 \n10.78.0.0/24 dev br-mesh proto kernel scope link src 10.78.0.11 \n"},
		{lab.EnvConfig{Distribution: "Apex", DistributionVersion: "Euphrates"}, "hostname; ssh overcloud-novacompute-1.opnfvlf.org hostname; cat /etc/os-release",
			"overcloud-controller-0.opnfvlf.org\novercloud-novacompute-1.opnfvlf.org\nNAME=\"CentOS Linux\"\nVERSION=\"7 (Core)\"\nID=\"centos\"\nPRETTY_NAME=\"CentOS Linux 7 (Core)\"\n"},
		{lab.EnvConfig{Distribution: "Devstack", DistributionVersion: "Liberty", Instances: -1, Networks: 1, VLANs: -1}, "ip netns list | while read n rest; do echo ${n%%-*} $rest; done; ip route show",
			"qdhcp\n10.77.0.0/24 dev eth0 proto kernel scope link src 10.77.0.11 \n"},
		{lab.EnvConfig{Distribution: "RDO", DistributionVersion: "Mitaka", Mechanism: sim.VPP, Tunnel: "gre"}, "sudo vppctl show gre tunnel; sudo vppctl show vxlan tunnel; sudo vppctl show version",
			"[0] 10.78.0.11 (src) 10.78.0.12 (dst) payload TEB outer_fib_index 0\n[1] 10.78.0.11 (src) 10.78.0.13 (dst) payload TEB outer_fib_index 0\nNo vxlan tunnels configured...\n" +
				"vpp v16.09-rc0~157-g203c632 built by localadmin on ubuntu0 at Sun Jun 26 16:35:15 PDT 2016\n"},
		{lab.EnvConfig{Distribution: "RDO", DistributionVersion: "Kilo"}, `sudo ovs-vsctl show | while read what name; do case $name in \"eth*|\"em*|br-int|ovs*) echo $what $name;; esac; done; sudo ovs-dpctl show | while read a b; do echo $a $b; break; done`,
			"Bridge br-int\nPort br-int\nInterface br-int\nPort \"em3\"\nInterface \"em3\"\nsystem@ovs-system:\n"},
	} {
		t.Run(fmt.Sprint(c.cloud.Distribution, " ", c.cloud.DistributionVersion), func(t *testing.T) {
			t.Parallel()
			client := dial(t, start(t, c.cloud))
			if got := run(t, client, c.line, "").out; got != c.want {
				t.Errorf("%s\ngot  %q\nwant %q", c.line, got, c.want)
			}
		})
	}
}

// TestOneFlatNetwork: there can be no other on the physical network.
func TestOneFlatNetwork(t *testing.T) {
	t.Parallel()
	l := start(t, lab.EnvConfig{Tunnel: "flat"})
	if _, err := l.Cloud("e").AddNetwork("more", "flat"); err == nil || !strings.Contains(err.Error(), "each physical network has one flat network") {
		t.Errorf("a second flat network: %v", err)
	}
}
