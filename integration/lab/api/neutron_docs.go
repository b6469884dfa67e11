package api

import (
	"fmt"

	"calipso.io/calipso/integration/lab/sim"
)

// owned is what all documents of Neutron have at their end.
type owned struct {
	Description string   `json:"description"`
	Tags        []string `json:"tags"`
	CreatedAt   string   `json:"created_at"`
	UpdatedAt   string   `json:"updated_at"`
	Revision    int      `json:"revision_number"`
	TenantID    string   `json:"tenant_id"`
	ProjectID   string   `json:"project_id"`
}

func ownedBy(p *sim.Project, created string, revision int) owned {
	o := owned{Tags: []string{}, CreatedAt: created, UpdatedAt: created, Revision: revision}
	if p != nil {
		o.TenantID, o.ProjectID = p.ID, p.ID
	}
	return o
}

type networkDoc struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	AdminStateUp bool     `json:"admin_state_up"`
	MTU          int      `json:"mtu"`
	Status       string   `json:"status"`
	Subnets      []string `json:"subnets"`
	Shared       bool     `json:"shared"`
	ZoneHints    []string `json:"availability_zone_hints"`
	Zones        []string `json:"availability_zones"`
	Scope4       *string  `json:"ipv4_address_scope"`
	Scope6       *string  `json:"ipv6_address_scope"`
	External     bool     `json:"router:external"`
	IsDefault    *bool    `json:"is_default,omitempty"`
	PortSecurity bool     `json:"port_security_enabled"`
	Type         string   `json:"provider:network_type"`
	Physical     *string  `json:"provider:physical_network"`
	Segment      *int     `json:"provider:segmentation_id"`
	owned
}

func (s *Server) networkDocs(add func(string, any)) {
	for _, n := range s.cfg.Cloud.Networks {
		d := networkDoc{
			ID: n.ID, Name: n.Name, AdminStateUp: true, MTU: n.MTU, Status: "ACTIVE", Subnets: []string{n.Subnet},
			Shared: n.Shared, ZoneHints: []string{}, Zones: []string{"nova"}, External: n.External, PortSecurity: true,
			Type: n.Type, owned: ownedBy(n.Project, zulu(n.Created), 2),
		}
		if n.External {
			d.IsDefault = new(bool)
		}
		if n.Segment != 0 {
			d.Segment = &n.Segment
		}
		if n.Physnet != "" {
			d.Physical = &n.Physnet
		}
		add(n.ID, d)
	}
}

type pool struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type subnetDoc struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	NetworkID    string   `json:"network_id"`
	IPVersion    int      `json:"ip_version"`
	PoolID       *string  `json:"subnetpool_id"`
	DHCP         bool     `json:"enable_dhcp"`
	RAMode       *string  `json:"ipv6_ra_mode"`
	AddressMode  *string  `json:"ipv6_address_mode"`
	Gateway      string   `json:"gateway_ip"`
	CIDR         string   `json:"cidr"`
	Pools        []pool   `json:"allocation_pools"`
	HostRoutes   []string `json:"host_routes"`
	Nameservers  []string `json:"dns_nameservers"`
	ServiceTypes []string `json:"service_types"`
	owned
}

func (s *Server) subnetDocs(add func(string, any)) {
	for _, n := range s.cfg.Cloud.Networks {
		first, last := n.Range()
		add(n.Subnet, subnetDoc{
			ID: n.Subnet, Name: n.Name, NetworkID: n.ID, IPVersion: 4, DHCP: n.DHCP != nil, Gateway: n.Gateway.String(),
			CIDR: n.CIDR.String(), Pools: []pool{{first.String(), last.String()}}, HostRoutes: []string{},
			Nameservers: []string{}, ServiceTypes: []string{}, owned: ownedBy(n.Project, zulu(n.Created), 0),
		})
	}
}

type fixedIP struct {
	SubnetID string `json:"subnet_id"`
	Address  string `json:"ip_address"`
}

type portDoc struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	NetworkID      string    `json:"network_id"`
	MAC            string    `json:"mac_address"`
	AdminStateUp   bool      `json:"admin_state_up"`
	Status         string    `json:"status"`
	DeviceID       string    `json:"device_id"`
	DeviceOwner    string    `json:"device_owner"`
	FixedIPs       []fixedIP `json:"fixed_ips"`
	AddressPairs   []string  `json:"allowed_address_pairs"`
	ExtraDHCP      []string  `json:"extra_dhcp_opts"`
	SecurityGroups []string  `json:"security_groups"`
	VnicType       string    `json:"binding:vnic_type"`
	Profile        doc       `json:"binding:profile"`
	HostID         string    `json:"binding:host_id"`
	VifType        string    `json:"binding:vif_type"`
	VifDetails     any       `json:"binding:vif_details"`
	PortSecurity   bool      `json:"port_security_enabled"`
	owned
}

type vifDetails struct {
	Connectivity string            `json:"connectivity"`
	PortFilter   bool              `json:"port_filter"`
	HybridPlug   bool              `json:"ovs_hybrid_plug"`
	Datapath     string            `json:"datapath_type"`
	Bridge       string            `json:"bridge_name"`
	Drivers      map[string]string `json:"bound_drivers"`
}

func (s *Server) portDocs(add func(string, any)) {
	for _, p := range s.cfg.Cloud.Ports {
		d := portDoc{
			ID: p.ID, Name: p.Name, NetworkID: p.Network.ID, MAC: p.MAC, AdminStateUp: true, Status: "DOWN",
			DeviceID: p.DeviceID, DeviceOwner: p.DeviceOwner, FixedIPs: []fixedIP{{p.Network.Subnet, p.Address.String()}},
			AddressPairs: []string{}, ExtraDHCP: []string{}, SecurityGroups: []string{}, VnicType: "normal", Profile: doc{},
			VifType: "unbound", VifDetails: doc{}, owned: ownedBy(p.Project, zulu(p.Created), 4),
		}
		if p.DeviceOwner == sim.OwnerInstance || p.DeviceOwner == "" {
			d.PortSecurity, d.SecurityGroups = true, []string{p.Project.SecurityGroup}
		}
		if p.DeviceOwner == sim.OwnerFloating {
			d.Status = "N/A"
		}
		if p.Host != nil {
			d.bind(p)
		}
		add(p.ID, d)
	}
}

// bind says what the port is bound to.
func (d *portDoc) bind(p *sim.Port) {
	d.Status, d.HostID = "ACTIVE", p.Host.Name
	switch {
	case p.Direct:
		d.VnicType, d.VifType = "direct", "hw_veb"
		d.Profile = doc{"pci_vendor_info": "8086:154c", "pci_slot": fmt.Sprintf("0000:3b:02.%d", p.VF), "physical_network": "physnet1"}
		d.VifDetails = doc{"connectivity": "l2", "port_filter": false, "vlan": fmt.Sprint(p.Network.Segment), "bound_drivers": doc{"0": "sriovnicswitch"}}
	case p.Host.Mechanism == sim.LinuxBridge:
		d.VifType = "bridge"
		d.VifDetails = doc{"connectivity": "l2", "port_filter": true, "bound_drivers": doc{"0": "linuxbridge"}}
	case p.Host.Mechanism == sim.VPP:
		d.VifType = "vhostuser"
		d.VifDetails = doc{"vhostuser_socket": "/tmp/" + p.ID, "vhostuser_mode": "server", "bound_drivers": doc{"0": "vpp"}}
	default:
		d.VifType = "ovs"
		d.VifDetails = vifDetails{
			Connectivity: "l2", PortFilter: true, HybridPlug: p.Hybrid(), Datapath: "netdev", Bridge: "br-int",
			Drivers: map[string]string{"0": "openvswitch"},
		}
	}
}

func (s *Server) routerDocs(add func(string, any)) {
	for _, r := range s.cfg.Cloud.Routers {
		created := zulu(r.Created)
		add(r.ID, doc{
			"id": r.ID, "name": r.Name, "tenant_id": r.Project.ID, "project_id": r.Project.ID, "admin_state_up": true,
			"status": "ACTIVE", "description": "", "availability_zones": []string{"nova"}, "distributed": false, "ha": false,
			"availability_zone_hints": []string{}, "routes": []string{}, "flavor_id": nil, "tags": []string{},
			"created_at": created, "updated_at": created, "revision_number": 5,
			"external_gateway_info": doc{
				"network_id": r.Gateway.Network.ID, "enable_snat": true,
				"external_fixed_ips": []fixedIP{{r.Gateway.Network.Subnet, r.Gateway.Address.String()}},
			},
		})
	}
}

func (s *Server) floatingDocs(add func(string, any)) {
	for _, r := range s.cfg.Cloud.Routers {
		for _, f := range r.Floating {
			d := floatingDoc(f)
			d["tenant_id"], d["project_id"], d["router_id"], d["status"] = r.Project.ID, r.Project.ID, r.ID, "ACTIVE"
			d["port_id"], d["fixed_ip_address"] = f.Target.ID, f.Target.Address
			d["port_details"] = doc{
				"name": f.Target.Name, "network_id": f.Target.Network.ID, "mac_address": f.Target.MAC, "admin_state_up": true,
				"status": "ACTIVE", "device_id": f.Target.DeviceID, "device_owner": f.Target.DeviceOwner,
			}
			add(f.ID, d)
		}
	}
	for _, f := range s.cfg.Cloud.Idle {
		add(f.ID, floatingDoc(f))
	}
}

// floatingDoc is a floating IP that leads nowhere.
func floatingDoc(f *sim.FloatingIP) doc {
	created := zulu(f.Created)
	return doc{"id": f.ID, "tenant_id": "", "project_id": "", "router_id": nil, "status": "DOWN", "port_id": nil, "fixed_ip_address": nil,
		"port_details": nil, "floating_ip_address": f.Port.Address, "floating_network_id": f.Port.Network.ID, "description": "",
		"tags": []string{}, "created_at": created, "updated_at": created, "revision_number": 1}
}
