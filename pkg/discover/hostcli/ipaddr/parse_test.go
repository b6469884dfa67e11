package ipaddr

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const output = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet6 ::1/128 scope host 
3: ens4@if9: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 52:8F:62:3e:0f:f0 brd ff:ff:ff:ff:ff:ff link-netnsid 0
    altname enp0s4
    inet 10.78.0.11/24 brd 10.78.0.255 scope global dynamic ens4
       valid_lft 85940sec preferred_lft 85940sec
    inet6 2001:db8::11/64 scope global dynamic mngtmpaddr 
    inet6 fe80::508f:62ff:fe3e:ff0/64 scope link 
    vf 0     link/ether 00:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff, spoof checking on
11: qvb9257f8b8-17@qvo9257f8b8-17: <BROADCAST,MULTICAST> mtu 1450 qdisc noop master qbr9257f8b8-17 state DOWN
    link/ether 8e:41:4d:b0:f1:e8 brd ff:ff:ff:ff:ff:ff
12: ib0: <UP> mtu 2044
    link/infiniband 80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01 brd 00:ff
13: tun0: <POINTOPOINT,UP> mtu 1500
    link/none 
    inet 10.8.0.1 peer 10.8.0.2/32 scope global tun0
`

func TestParse(t *testing.T) {
	t.Parallel()
	got, warnings := Parse("ip address show", []byte(output))
	prefix := netip.MustParsePrefix
	want := []Interface{
		{Name: "lo", Flags: []string{"LOOPBACK", "UP", "LOWER_UP"}, MTU: 65536, LinkType: "loopback",
			IPv4: []netip.Prefix{prefix("127.0.0.1/8")}},
		{Name: "ens4", Lower: "if9", Flags: []string{"BROADCAST", "MULTICAST", "UP", "LOWER_UP"}, MTU: 1500,
			LinkType: "ether", MAC: "52:8f:62:3e:0f:f0",
			IPv4: []netip.Prefix{prefix("10.78.0.11/24")}, IPv6: []netip.Prefix{prefix("2001:db8::11/64")}},
		{Name: "qvb9257f8b8-17", Lower: "qvo9257f8b8-17", Flags: []string{"BROADCAST", "MULTICAST"}, MTU: 1450,
			Master: "qbr9257f8b8-17", LinkType: "ether", MAC: "8e:41:4d:b0:f1:e8"},
		{Name: "ib0", Flags: []string{"UP"}, MTU: 2044, LinkType: "infiniband"},
		{Name: "tun0", Flags: []string{"POINTOPOINT", "UP"}, MTU: 1500, LinkType: "none",
			IPv4: []netip.Prefix{prefix("10.8.0.1/32")}},
	}
	ignoreData := cmpopts.IgnoreFields(Interface{}, "Data")
	if diff := cmp.Diff(want, got, ignoreData, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
}

// A second scan of an unchanged host finds the same: data has no lifetimes of addresses, which run down.
func TestDataHasNoLifetimes(t *testing.T) {
	t.Parallel()
	got, _ := Parse("ip address show", []byte(output))
	want := `<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
link/ether 52:8F:62:3e:0f:f0 brd ff:ff:ff:ff:ff:ff link-netnsid 0
altname enp0s4
inet 10.78.0.11/24 brd 10.78.0.255 scope global dynamic ens4
inet6 2001:db8::11/64 scope global dynamic mngtmpaddr
inet6 fe80::508f:62ff:fe3e:ff0/64 scope link
vf 0     link/ether 00:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff, spoof checking on`
	if diff := cmp.Diff(want, got[1].Data); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
