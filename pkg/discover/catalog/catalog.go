// Package catalog lists the fetchers that there are.
package catalog

import (
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/aci"
	"calipso.io/calipso/pkg/discover/hostcli/bridges"
	"calipso.io/calipso/pkg/discover/hostcli/domains"
	"calipso.io/calipso/pkg/discover/hostcli/linuxbridge"
	"calipso.io/calipso/pkg/discover/hostcli/lldp"
	"calipso.io/calipso/pkg/discover/hostcli/osrelease"
	"calipso.io/calipso/pkg/discover/hostcli/ovs"
	"calipso.io/calipso/pkg/discover/hostcli/pnics"
	"calipso.io/calipso/pkg/discover/hostcli/vpp"
	"calipso.io/calipso/pkg/discover/hostcli/vservices"
	"calipso.io/calipso/pkg/discover/openstack"
)

// Fetchers returns all fetchers by the names that scan plans know them by.
func Fetchers() map[string]discover.Constructor {
	return map[string]discover.Constructor{
		"api.regions":    openstack.NewRegions,
		"api.projects":   openstack.NewProjects,
		"api.zones":      openstack.NewZones,
		"api.hosts":      openstack.NewHosts,
		"api.aggregates": openstack.NewAggregates,
		"api.host_refs":  openstack.NewHostRefs,
		"api.agents":     openstack.NewAgents,
		"api.networks":   openstack.NewNetworks,
		"api.ports":      openstack.NewPorts,
		"api.instances":  openstack.NewInstances,
		"api.routers":    openstack.NewRouters,
		"sql.endpoints":  openstack.NewEndpoints,

		"aci.switches":     aci.NewSwitches,
		"aci.fabric_links": aci.NewFabricLinks,
		"aci.hostlinks":    aci.NewHostlinks,

		"cli.os":             osrelease.New,
		"cli.pnics":          pnics.New,
		"cli.lldp":           lldp.New,
		"cli.bridges":        bridges.New,
		"cli.vservices":      vservices.New,
		"cli.vservice_vnics": vservices.NewVnics,
		"cli.instance_vnics": domains.New,
		"cli.ovs.vedges":     ovs.NewVedges,
		"cli.ovs.oteps":      ovs.NewOteps,
		"cli.lxb.oteps":      linuxbridge.NewOteps,

		"cli.vpp.vedges":      vpp.NewVedges,
		"cli.vpp.vconnectors": vpp.NewVconnectors,
		"cli.vpp.pnics":       vpp.NewPnics,
		"cli.vpp.oteps":       vpp.NewOteps,
	}
}
