// Package hostcli holds what fetchers that read a host's commands share: the commands themselves, and how their
// output is taken into lines. Each fetcher is a package below it.
package hostcli

import "calipso.io/calipso/pkg/discover/hostcmd"

// checkName goes at the start of a script's loop over names: it passes over those that are not safe in a command line,
// and says so in a section that Sections turns into a warning.
const checkName = `[ -n "$n" ] || continue
	case "$n" in -*|*[!A-Za-z0-9_.:@-]*) printf '%s ?\n%s\n' "$mark" "$n"; continue;; esac
`

// wholeNames goes after names=$(… && echo .), which keeps the end of what was printed: it fails when that is in the
// middle of a line.
const wholeNames = `
names=${names%.}
case "$names" in ''|*'
') ;; *) echo "the list of names breaks off in the middle of a line" >&2; exit 1;; esac
`

// The commands that are run on hosts. Commands that more than one fetcher reads are run once.
var (
	OSRelease   = hostcmd.Command{Name: "cat /etc/os-release", Script: `cat /etc/os-release`}
	Machine     = hostcmd.Command{Name: "uname -m", Script: `uname -m`}
	SysClassNet = hostcmd.Command{Name: "ls -l /sys/class/net", Script: `ls -l /sys/class/net`}
	IPAddress   = hostcmd.Command{Name: "ip address show", Script: `ip address show`}
	IPLink      = hostcmd.Command{Name: "ip -d link show", Script: `$run ip -d link show`}
	FDB         = hostcmd.Command{Name: "bridge fdb show", Script: `$run bridge fdb show`}
	VsctlShow   = hostcmd.Command{Name: "ovs-vsctl show", Script: `$sudo ovs-vsctl show`}
	DpctlShow   = hostcmd.Command{Name: "ovs-dpctl show", Script: `$sudo ovs-dpctl show`}
	Namespaces  = hostcmd.Command{Name: "ip netns list", Script: `$run ip netns list`}

	// Bridges prints brctl's table or, where brctl is not installed, the JSON of `ip link`.
	Bridges = hostcmd.Command{Name: "brctl show", Script: `
if table=$($run brctl show 2>/dev/null && echo .); then printf '%s' "${table%.}"; else $run ip -d -j link show; fi`}

	// Ethtool has one section per NIC that may be physical. Those that are certainly virtual are passed over by their
	// names: a host may have hundreds of taps.
	Ethtool = hostcmd.Command{Name: "ethtool", Script: `
names=$(ls -1 /sys/class/net && echo .) || exit` + wholeNames + `
printf '%s' "$names" | while IFS= read -r n; do
	` + checkName + `
	case "$n" in
	lo|bonding_masters|tap*|vnet*|veth*|qvb*|qvo*|qbr*|qr-*|qg-*|sg-*|ha-*|rfp-*|fpr-*|fg-*|tbr-*|tp[it]-*|sp[it]-*) continue;;
	br-*|brq*|virbr*|docker*|ovs-system|ovs-netdev|vxlan-*|vxlan_sys*|gre_sys*|genev_sys*|gre0|gretap0|erspan0) continue;;
	esac
	printf '%s %s\n' "$mark" "$n"
	ethtool "$n" </dev/null || [ $? -ne 127 ] || exit 127
done`}

	// Hardware has one section per NIC that is a device of a bus: what drives it, and how SR-IOV divides it.
	Hardware = hostcmd.Command{Name: "ls -l /sys/class/net/…/device", Script: `
ls -1 /sys/class/net | while IFS= read -r n; do
	` + checkName + `
	d="/sys/class/net/$n/device"
	[ -e "$d" ] || continue
	printf '%s %s\n' "$mark" "$n"
	printf 'device %s\n' "$(readlink "$d")"
	printf 'driver %s\n' "$(readlink "$d/driver")"
	for f in sriov_totalvfs sriov_numvfs; do
		[ ! -r "$d/$f" ] || printf '%s %s\n' "$f" "$(cat "$d/$f")"
	done
	[ ! -e "$d/physfn/net" ] || printf 'physfn %s\n' "$(ls -1 "$d/physfn/net")"
done
:`}

	// Bonding has one section per bond; none where the kernel's bonding driver is not loaded.
	Bonding = hostcmd.Command{Name: "cat /proc/net/bonding", Script: `
ls -1 /proc/net/bonding 2>/dev/null | while IFS= read -r n; do
	` + checkName + `
	printf '%s %s\n' "$mark" "$n"
	cat "/proc/net/bonding/$n"
done
:`}

	// Teams has one section per team; none where there is no program to ask. Who makes teams has it.
	Teams = hostcmd.Command{Name: "teamdctl … state dump", Script: `
has teamdctl || exit 0
names=$(ip -o link show type team && echo .) || exit` + wholeNames + `
printf '%s' "$names" | while read -r number n rest; do
	n=${n%%[:@]*}
	` + checkName + `
	printf '%s %s\n' "$mark" "$n"
	$sudo teamdctl "$n" state dump </dev/null
done
:`}

	// LLDP has what lldpd heard in one section, or what lldpad heard in one per NIC; none where neither is installed.
	LLDP = hostcmd.Command{Name: "lldpctl -f json", Script: `
if has lldpctl; then
	printf '%s lldpctl\n' "$mark"
	$sudo lldpctl -f json
	exit
fi
has lldptool || exit 0
ls -1 /sys/class/net | while IFS= read -r n; do
	` + checkName + `
	[ -e "/sys/class/net/$n/device" ] || continue
	printf '%s %s\n' "$mark" "$n"
	$sudo lldptool -t -n -i "$n" </dev/null
done
:`}

	// What VPP says of itself; nothing on hosts without it.
	VPPVersion    = vpp("show version")
	VPPInterfaces = vpp("show interface")
	VPPAddresses  = vpp("show interface address")
	VPPHardware   = vpp("show hardware-interfaces")
	VPPModes      = vpp("show mode")
	VPPTunnels    = vpp("show vxlan tunnel")
	VPPGRE        = vpp("show gre tunnel")

	// NamespaceAddresses has one section per network namespace of a DHCP server or router.
	NamespaceAddresses = hostcmd.Command{Name: "ip netns exec … ip address show", Script: `
names=$($run ip netns list && echo .) || exit` + wholeNames + `
printf '%s' "$names" | while read -r n rest; do
	case "$n" in qdhcp-*|qrouter-*) ;; *) continue;; esac
	` + checkName + `
	printf '%s %s\n' "$mark" "$n"
	$sudo ip netns exec "$n" ip address show </dev/null
done
:`}

	// Domains has one section per libvirt domain, running or not: its XML.
	Domains = hostcmd.Command{Name: "virsh dumpxml", Script: `
names=$($sudo virsh list --all --name && echo .) || exit` + wholeNames + `
printf '%s' "$names" | while IFS= read -r n; do
	` + checkName + `
	printf '%s %s\n' "$mark" "$n"
	$sudo virsh dumpxml "$n" </dev/null
done
:`}
)

func vpp(show string) hostcmd.Command {
	return hostcmd.Command{Name: "vppctl " + show, Script: "has vppctl || exit 0\n$sudo vppctl " + show}
}
