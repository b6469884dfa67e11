package topology

import (
	"strings"

	"calipso.io/calipso/pkg/model"
)

// instanceVnics links instances to their vnics. The name is that of the vnic's network.
func instanceVnics(ix *index) []model.Link {
	var links []model.Link
	for _, vnic := range ix.byType[model.TypeVnic] {
		if instance := ix.instanceOf(vnic); instance != nil {
			links = append(links, Join(instance, vnic, ix.networkName(vnic), ix.networksOf(vnic)))
		}
	}
	return links
}

// vserviceVnics links network services to their vnics, which are in the folder "<service>-vnics".
func vserviceVnics(ix *index) []model.Link {
	var links []model.Link
	for _, vnic := range ix.byType[model.TypeVnic] {
		service := ix.byID[model.TypeVservice][strings.TrimSuffix(vnic.ParentID, "-vnics")]
		if vnic.Str("vnic_type") != model.VnicVservice || service == nil {
			continue
		}
		name := ix.networkName(vnic)
		if name == "" {
			name = shownName(service) + "-" + shownName(vnic)
		}
		links = append(links, Join(service, vnic, name, ix.networksOf(vnic)))
	}
	return links
}

// vnicVconnectors links vnics to the linux bridges that they are plugged into.
func vnicVconnectors(ix *index) []model.Link {
	var links []model.Link
	for _, vnic := range ix.byType[model.TypeVnic] {
		if bridge := ix.bridgeOf[vnic]; bridge != nil {
			link := Join(vnic, bridge, vnic.Str("mac_address"), union(ix.networksOf(vnic)))
			link.Attributes.MACAddress = vnic.Str("mac_address")
			links = append(links, link)
		}
	}
	return links
}

// vnicVedges links vnics to the virtual switches that have their interface as a port.
func vnicVedges(ix *index) []model.Link {
	var links []model.Link
	for _, p := range ix.ports {
		vnic := ix.vnicOf(p)
		if vnic == nil || ix.bridgeOf[vnic] != nil {
			continue
		}
		link := Join(vnic, p.vedge, tagged(vnic.Name+"-"+p.vedge.Name, p), union(ix.networksOf(vnic)))
		link.SourceLabel, link.TargetLabel = vnic.Str("mac_address"), p.id
		link.Attributes.MACAddress = vnic.Str("mac_address")
		link.Attributes.VedgeType = p.vedge.Str("vedge_type")
		links = append(links, link)
	}
	return links
}

func tagged(name string, p port) string {
	if p.tag == "" {
		return name
	}
	return name + "-" + p.tag
}

func shownName(o *model.Object) string {
	if o.ObjectName != "" {
		return o.ObjectName
	}
	return o.Name
}
