package lab_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
)

// realLab is what the env.json of a real lab says of it.
type realLab struct {
	API struct {
		AuthURL  string `json:"auth_url"`
		User     string `json:"user"`
		Password string `json:"password"`
		Project  string `json:"project"`
	} `json:"api"`
	SSH struct {
		Host     string `json:"host"`
		Port     int    `json:"port"`
		User     string `json:"user"`
		Password string `json:"password"`
	} `json:"ssh"`
}

// readRealLab skips the test where there is no real lab.
func readRealLab(t *testing.T) realLab {
	t.Helper()
	file := os.Getenv("CALIPSO_OPENSTACK_LAB")
	if file == "" {
		t.Skip("CALIPSO_OPENSTACK_LAB does not name the env.json of an OpenStack lab: make test-openstack brings one up")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var l realLab
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatalf("read %s: %v", file, err)
	}
	return l
}

// TestAPIsHaveTheShapeOfRealOnes asks a real and a simulated cloud the same, and compares the answers' keys and types.
func TestAPIsHaveTheShapeOfRealOnes(t *testing.T) {
	t.Parallel()
	desc := readRealLab(t)
	theirs, err := login(t.Context(), desc.API.AuthURL, desc.API.User, desc.API.Password, desc.API.Project)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := simulated(t, start(t, lab.EnvConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"2.1", "2.53", "2.88"} {
		for _, path := range []string{
			"os-services", "os-hypervisors/detail", "os-availability-zone/detail", "os-aggregates", "flavors/detail",
			"servers/detail?all_tenants=1", "servers/detail?all_tenants=1&limit=2",
		} {
			compareShapes(t, version+" "+path, ask(t, ours.compute.Endpoint+path, ours.compute.Token(), version),
				ask(t, theirs.compute.Endpoint+path, theirs.compute.Token(), version))
		}
	}
	for _, path := range []string{
		"networks", "subnets", "ports", "agents", "routers", "floatingips", "ports?limit=2", "networks?limit=1&fields=id&fields=name",
		"ports?device_owner=network:dhcp",
	} {
		compareShapes(t, path, ask(t, ours.network.Endpoint+"v2.0/"+path, ours.network.Token(), ""),
			ask(t, theirs.network.Endpoint+"v2.0/"+path, theirs.network.Token(), ""))
	}
	for _, path := range []string{"projects", "regions"} {
		compareShapes(t, path, ask(t, ours.identity.Endpoint+path, ours.identity.Token(), ""),
			ask(t, theirs.identity.Endpoint+path, theirs.identity.Token(), ""))
	}
}

func ask(t *testing.T, url, token, version string) any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", token)
	r.Header.Set("X-OpenStack-Nova-API-Version", version)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %.200s", url, answer.Status, err, text)
	}
	return value
}

// named matches keys that are names in the cloud.
var named = regexp.MustCompile(`^(node-\d+|.*-net.*|provider-\d+|ens\d)$`)

// shape collects the types that are seen at each place of a JSON value.
func shape(value any, at string, seen map[string]map[string]bool) {
	if seen[at] == nil {
		seen[at] = map[string]bool{}
	}
	switch v := value.(type) {
	case map[string]any:
		seen[at]["object"] = true
		for key, inner := range v {
			shape(inner, at+"."+named.ReplaceAllString(key, "*"), seen)
		}
	case []any:
		seen[at]["list"] = true
		for _, inner := range v {
			shape(inner, at+"[]", seen)
		}
	default:
		seen[at][fmt.Sprintf("%T", value)] = true
	}
}

func compareShapes(t *testing.T, what string, ours, theirs any) {
	t.Helper()
	got, want := map[string]map[string]bool{}, map[string]map[string]bool{}
	shape(ours, "", got)
	shape(theirs, "", want)
	for at, types := range want {
		if got[at] == nil {
			t.Errorf("%s: only the real cloud has %s (%v)", what, at, slices.Collect(maps.Keys(types)))
		}
	}
	for at, types := range got {
		if want[at] == nil {
			t.Errorf("%s: only the simulated cloud has %s", what, at)
		} else if !slices.ContainsFunc(slices.Collect(maps.Keys(types)), func(k string) bool { return want[at][k] }) {
			t.Errorf("%s: %s is %v, in the real cloud %v", what, at, slices.Collect(maps.Keys(types)), slices.Collect(maps.Keys(want[at])))
		}
	}
}

// TestCommandsPrintLikeRealOnes runs the same commands on the hosts of a real and a simulated cloud, and compares the
// kinds of lines that they print, and their exit status.
func TestCommandsPrintLikeRealOnes(t *testing.T) {
	t.Parallel()
	desc := readRealLab(t)
	cfg := clientConfig()
	cfg.User, cfg.Auth = desc.SSH.User, []ssh.AuthMethod{ssh.Password(desc.SSH.Password)}
	theirs, err := ssh.Dial("tcp", fmt.Sprintf("%s:%d", desc.SSH.Host, desc.SSH.Port), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	ours := dial(t, start(t, lab.EnvConfig{}))
	for _, host := range []string{"node-1", "node-2", "node-3"} {
		got, want := outputs(t, ours, host), outputs(t, theirs, host)
		for _, c := range compared {
			where := host + ": " + c.command
			compareLines(t, where, got[c.command].Stdout, want[c.command].Stdout, c.part)
			compareLines(t, where+": stderr", got[c.command].Stderr, want[c.command].Stderr, c.part)
			if got, want := got[c.command].Exit, want[c.command].Exit; got != want {
				t.Errorf("%s: exit status %d, on the real host %d", where, got, want)
			}
		}
		for _, c := range product {
			compareLines(t, host+": "+c.Name, got[c.Name].Stdout, want[c.Name].Stdout, c.Name == hostcli.Domains.Name || c.Name == hostcli.Bridges.Name)
			compareLines(t, host+": "+c.Name+": stderr", got[c.Name].Stderr, want[c.Name].Stderr, false)
		}
		compareLinks(t, host, got[links].Stdout, want[links].Stdout)
	}
}

// links is compared as JSON.
const links = "ip -d -j link show"

// compared are the commands that are compared line by line.
var compared = []struct {
	command string
	part    bool // the simulated host may print fewer kinds of lines
}{
	{"uname -n", false}, {"uname -m", false}, {"arch", false}, {"hostname", false}, {"id -u", false}, {"sudo -n id", false},
	{"cat /etc/os-release", false}, {"cat /nosuch", false},
	{"ls -l /sys/class/net", false}, {"ls -1 /sys/class/net", false}, {"ls -1 /proc/net/bonding", false},
	{"ip address show", false}, {"ip address show ens3", false}, {"ip address show nosuch", false}, {"ip link show", false},
	{"ip route show", false}, {"ip netns list", false},
	{`for n in $(ip netns list | while read n r; do echo $n; done); do sudo ip netns exec $n ip address show; done`, false},
	{"sudo ip netns exec nosuch ip address show", false},
	{"ethtool ens3", false}, {"sudo ethtool br-int", false}, {"/usr/sbin/brctl show", false},
	{"sudo ovs-vsctl show", false}, {"ovs-vsctl show", false}, {"sudo ovs-vsctl list-br", false}, {"sudo ovs-vsctl list-ifaces br-int", false},
	{"sudo ovs-dpctl show", false},
	{"sudo virsh list", false}, {"sudo virsh list --all --name", false}, {"sudo virsh list --uuid", false}, {"sudo virsh dumpxml nosuch", false},
	{`for n in $(sudo virsh list --name); do sudo virsh dumpxml $n; done`, true},
	{"ssh -q node-2 exit 3", false}, {"sudo -n nosuch", false},
}

// product are commands that the product runs.
var product = []hostcmd.Command{
	hostcli.Bonding, hostcli.Bridges, hostcli.Ethtool, hostcli.NamespaceAddresses, hostcli.Domains, hostcli.IPLink, hostcli.Hardware,
	hostcli.Teams, hostcli.VPPModes,
}

// outputs runs all commands on a host.
func outputs(t *testing.T, client *ssh.Client, host string) hostcmd.Outputs {
	t.Helper()
	commands := append([]hostcmd.Command{{Name: links, Script: links}}, product...)
	for _, c := range compared {
		commands = append(commands, hostcmd.Command{Name: c.command, Script: c.command})
	}
	got := run(t, client, fmt.Sprintf(`ssh -q %s sh -s -- "'sudo -n'"`, host), string(hostcmd.Script(commands, "@@mark")))
	outputs := hostcmd.Split(commands, "@@mark", []byte(got.out), []byte(got.err))
	if len(outputs) != len(commands) {
		t.Fatalf("%s, by %s: %d of %d commands ran, exit status %d: %q, %q", host, client.RemoteAddr(), len(outputs), len(commands),
			got.code, got.out, got.err)
	}
	return outputs
}

// varying are the parts of lines that differ from host to host.
var varying = []struct {
	part *regexp.Regexp
	as   string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\b(tap|qvo|qvb|qbr|qr-|qg-)[0-9a-f]{8}-[0-9a-f]{2}`), "${1}DEVICE"},
	{regexp.MustCompile(`(vxlan|instance)-[0-9a-f]{8}`), "$1-HEX"},
	{regexp.MustCompile(`8000\.[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}`), "BRIDGE"},
	{regexp.MustCompile(`\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b`), "MAC"},
	{regexp.MustCompile(`8000\.[0-9a-f]{12}`), "BRIDGE"},
	{regexp.MustCompile(`[0-9a-f]{32}`), "HEX"},
	{regexp.MustCompile(`fe80::[0-9a-f:]+`), "LINKLOCAL"},
	{regexp.MustCompile(`\d+\.\d+\.\d+\.\d+`), "IP"},
	{regexp.MustCompile(`qdisc [a-z_]+`), "qdisc QDISC"}, // a tap of an instance has one or another, by how it was plugged
	// One that was plugged while its instance ran may be left down.
	{regexp.MustCompile(`(\btap.*PROMISC)>(.* state )DOWN`), "${1},UP,LOWER_UP>${2}UNKNOWN"},
	{regexp.MustCompile(`[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d`), "DATE"},
	{regexp.MustCompile(`(name>)[^<]*<`), "${1}NAME<"},
	{regexp.MustCompile(`(project uuid="HEX">)[^<]*<`), "${1}NAME<"},
	{regexp.MustCompile(`0x[0-9a-f]{2}\b`), "0xN"},
	{regexp.MustCompile(`\d+`), "N"},
}

// kinds are the different lines of an output, without what varies.
func kinds(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		for _, v := range varying {
			line = v.part.ReplaceAllString(line, v.as)
		}
		set[line] = true
	}
	return set
}

func compareLines(t *testing.T, what string, ours, theirs []byte, part bool) {
	t.Helper()
	got, want := kinds(string(ours)), kinds(string(theirs))
	for line := range got {
		if !want[line] {
			t.Errorf("%s: only the simulated host prints %q", what, line)
		}
	}
	for line := range want {
		if !got[line] && !part {
			t.Errorf("%s: only the real host prints %q", what, line)
		}
	}
}

// compareLinks compares the JSON of `ip -d -j link show`: the simulated host may say less of a device, but nothing else.
func compareLinks(t *testing.T, host string, ours, theirs []byte) {
	t.Helper()
	var got, want any
	if err := errors.Join(json.Unmarshal(ours, &got), json.Unmarshal(theirs, &want)); err != nil {
		t.Fatalf("%s: %s: %v", host, links, err)
	}
	gotShape, wantShape := map[string]map[string]bool{}, map[string]map[string]bool{}
	shape(got, "", gotShape)
	shape(want, "", wantShape)
	for at := range gotShape {
		if wantShape[at] == nil {
			t.Errorf("%s: %s: only the simulated host has %s", host, links, at)
		}
	}
	for _, at := range []string{"[].ifname", "[].link", "[].master", "[].linkinfo.info_kind", "[].link_index", "[].address"} {
		if (gotShape[at] == nil) != (wantShape[at] == nil) {
			t.Errorf("%s: %s: only one has %s", host, links, at)
		}
	}
}
