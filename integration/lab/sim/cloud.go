// Package sim makes up an OpenStack cloud from a seed: its projects, hosts, networks, ports and instances, and how they
// are plugged together. What the cloud's APIs, database and hosts say of it is the business of other packages.
package sim

import (
	"cmp"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Cloud is a made-up OpenStack cloud. Its fields are read under RLock; AddInstance and its neighbours change it.
type Cloud struct {
	sync.RWMutex
	Spec       Spec
	Started    time.Time // when the cloud's services were last seen; the things in it are older
	Release    Release
	Setup      Distribution
	Region     string
	Physnet    string
	AdminUser  string // id
	Image      string // id
	Flavor     string // id
	Projects   []*Project
	Hosts      []*Host
	Aggregates []*Aggregate
	Networks   []*Network // External is the first
	Routers    []*Router
	Idle       []*FloatingIP // that lead nowhere
	Instances  []*Instance
	Ports      []*Port

	version atomic.Uint64
	ids     ids
	clock   time.Time
	numbers counters
	cut     int // how many cables in the fabric
}

// counters number what the cloud numbers: no number is given twice.
type counters struct{ instance, tenantNet, vlanNet, vlanPort, spare int }

// Version changes whenever something in the cloud does.
func (c *Cloud) Version() uint64 { return c.version.Load() }

// Project is a project of Keystone.
type Project struct {
	ID, Name, Description string
	SecurityGroup         string // id of its default group
	Tenant                bool   // has networks and instances of its own
	Networks              []*Network
	Router                *Router
}

// Host is a machine of the cloud.
type Host struct {
	Name       string
	Controller bool      // else it is a compute host
	Mechanism  Mechanism // one of OpenVSwitch, LinuxBridge, VPP
	Hybrid     bool      // how its instances are plugged
	MgmtIP     netip.Addr
	TunnelIP   netip.Addr
	NetBits    int // prefix length of both
	NICs       []NIC
	Bond       *Bond     // of the NICs ens5 and ens6; then the bond carries physnet1
	TunnelDev  TunnelDev // the NIC that carries tunnels, and what has their address
	LLDP       bool      // it runs lldpd
	OVS        OVS
	Services   []Service
	Agents     []Agent
	Hypervisor string // id
	DHCPID     string // the DHCP agent's name for itself, in its ports' device_id
	Plugs      []*Port
	Domains    []*Instance

	tags   map[*Network]int
	spaces map[string]int
	next   struct{ index, port, domain, vf int }
}

// NIC is a network card.
type NIC struct {
	Name, MAC string
	Index     int
	Peer      int // index of the veth's other end: the lab's NICs are veth pairs
	Addr      netip.Addr
	VPP       bool // VPP has it, and the kernel does not see it
	VFs       int  // how many virtual functions it has
}

// Bond is a bond or a team of NICs.
type Bond struct {
	Name, MAC string
	Index     int
	Members   []string
	Team      bool
}

// TunnelDev is the device that carries a host's tunnels, a NIC or a VLAN of the bond. It has their address, unless a bridge
// that it is in has it.
type TunnelDev struct {
	Name, MAC string
	VLAN      int    // 0: a NIC
	Bridge    string // "": none
	Index     int    // of the VLAN or the bridge
}

// Holder returns the name of the device that has the address.
func (t TunnelDev) Holder() string { return cmp.Or(t.Bridge, t.Name) }

// OVS is what there is of a host's Open vSwitch besides plugged ports.
type OVS struct {
	ID       string
	Devices  []string // its devices in the kernel: of the datapath and of the bridges
	MACs     []string // theirs
	Uplink   string   // the NIC or bond in br-ex
	FirstDev int      // interface index of the first of the devices; the others follow
}

// Service is a service of Nova.
type Service struct {
	ID, Binary, Zone string
	Number           int
}

// Agent is an agent of Neutron.
type Agent struct {
	ID, Type, Binary, Topic, Zone string
	Dead                          bool // it has not reported for a while
}

// Aggregate is a host aggregate of Nova.
type Aggregate struct {
	ID         int
	UUID, Name string
	Hosts      []string
	Metadata   map[string]string
	Created    time.Time
}

// Network is a network with its one subnet.
type Network struct {
	ID, Name string
	Project  *Project
	Type     string // vxlan, gre, geneve, vlan or flat
	Physnet  string // "" of tunnelled ones
	Segment  int    // 0: none
	MTU      int
	External bool
	Shared   bool
	Created  time.Time
	Subnet   string // id
	CIDR     netip.Prefix
	Gateway  netip.Addr
	DHCP     *Port // nil: no DHCP

	used int // host part of the address given last
}

// Router is a router with a gateway on the external network.
type Router struct {
	ID, Name   string
	Project    *Project
	Host       *Host
	Created    time.Time
	Gateway    *Port
	Interfaces []*Port
	Floating   []*FloatingIP
}

// FloatingIP is an address of the external network that leads to a port.
type FloatingIP struct {
	ID      string
	Port    *Port // the one that has the address
	Target  *Port // nil of an idle one
	Created time.Time
}

// Instance is a server of Nova.
type Instance struct {
	ID, Name    string
	Number      int // in its libvirt name
	Reservation string
	Project     *Project
	Host        *Host
	Domain      int // libvirt's id of it on its host
	Ports       []*Port
	Created     time.Time
	Status      string // Nova's; ACTIVE when empty
}

// Device owners of ports.
const (
	OwnerInstance  = "compute:nova"
	OwnerDHCP      = "network:dhcp"
	OwnerInterface = "network:router_interface"
	OwnerGateway   = "network:router_gateway"
	OwnerFloating  = "network:floatingip"
)

// Port is a port of Neutron.
type Port struct {
	ID, Name    string
	Network     *Network
	Project     *Project // nil: of none
	MAC         string
	Address     netip.Addr
	DeviceID    string
	DeviceOwner string // one of the Owner constants, or empty
	Host        *Host  // nil: not bound
	Created     time.Time

	Index     int    // interface index of its device on the host; of its qbr when it is plugged hybrid
	Number    int    // of its port in the datapath
	Tag       int    // vlan in br-int
	BridgeMAC string // of the qbr bridge and the qvb device
	SwitchMAC string // of the qvo device

	Direct bool // it is a virtual function of the host's NIC for SR-IOV
	VF     int  // its number
}

// Hybrid says whether the port's tap is in a linux bridge of its own.
func (p *Port) Hybrid() bool {
	return p.Host != nil && p.Host.Hybrid && p.DeviceOwner == OwnerInstance && !p.Direct
}

// Switched says whether the port is one of br-int.
func (p *Port) Switched() bool { return p.Host != nil && p.Host.Mechanism == OpenVSwitch && !p.Direct }

// Tap returns the name of the port's device in a linux bridge.
func (p *Port) Tap() string { return "tap" + p.ID[:11] }

// Interface returns the name of the port's interface in VPP.
func (p *Port) Interface() string {
	if p.Namespace() != "" {
		return fmt.Sprintf("tap%d", p.Number)
	}
	return fmt.Sprintf("VirtualEthernet0/0/%d", p.Number)
}

// Device returns the name of the port's device on its host or, when it is of a service, in its namespace.
func (p *Port) Device() string {
	switch p.DeviceOwner {
	case OwnerDHCP:
		if p.Host != nil && p.Host.Mechanism == LinuxBridge {
			return "ns-" + p.ID[:11]
		}
	case OwnerInterface:
		return "qr-" + p.ID[:11]
	case OwnerGateway:
		return "qg-" + p.ID[:11]
	}
	return "tap" + p.ID[:11]
}

// Namespace returns the name of the network namespace that the port's device is in, or "".
func (p *Port) Namespace() string {
	switch p.DeviceOwner {
	case OwnerDHCP:
		return "qdhcp-" + p.Network.ID
	case OwnerInterface, OwnerGateway:
		return "qrouter-" + p.DeviceID
	}
	return ""
}

// NamespaceID returns the number of a namespace of the host.
func (h *Host) NamespaceID(name string) int { return h.spaces[name] }
