package topology

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
)

// cloud is a small cloud for tests, as discovery would find it.
type cloud struct {
	env      *model.Environment
	networks map[string]*model.Object
	hosts    []*host
}

// host is a host of a cloud with one vedge, and with what the methods put on it.
type host struct {
	cloud   *cloud
	name    string
	objects []*model.Object
	vedge   *model.Object
}

type attrs map[string]any

// newCloud has the networks blue and cyan (vxlan), green (gre), red (vlan on physnet1), gold (vlan on physnet2),
// ext (flat on physnet1) and split (segments of both kinds).
func newCloud() *cloud {
	c := &cloud{env: &model.Environment{Name: "test"}, networks: map[string]*model.Object{}}
	c.network("blue", attrs{"provider:network_type": "vxlan", "provider:segmentation_id": 100})
	c.network("cyan", attrs{"provider:network_type": "vxlan", "provider:segmentation_id": float64(101)})
	c.network("green", attrs{"provider:network_type": "gre", "provider:segmentation_id": 7})
	c.network("red", attrs{"provider:network_type": "vlan", "provider:segmentation_id": 200, "provider:physical_network": "physnet1"})
	c.network("gold", attrs{"provider:network_type": "vlan", "provider:segmentation_id": 300, "provider:physical_network": "physnet2"})
	c.network("ext", attrs{"provider:network_type": "flat", "provider:segmentation_id": nil, "provider:physical_network": "physnet1"})
	c.network("split", attrs{"segments": []any{
		map[string]any{"provider:network_type": "vxlan", "provider:segmentation_id": float64(9)},
		map[string]any{"provider:network_type": "vlan", "provider:segmentation_id": float64(8), "provider:physical_network": "physnet1"},
	}})
	return c
}

func (c *cloud) network(id string, a attrs) {
	a["network"] = id
	c.networks[id] = object(model.TypeNetwork, id, strings.ToUpper(id), a)
}

func object(objectType, id, name string, a attrs) *model.Object {
	return &model.Object{Environment: "test", Type: objectType, ID: id, Name: name, ObjectName: name, Attrs: a}
}

func (c *cloud) host(name string) *host {
	h := &host{cloud: c, name: name}
	h.vedge = h.add(object(model.TypeVedge, "agent-"+name, name+"-OVS", attrs{"vedge_type": "OVS"}))
	c.hosts = append(c.hosts, h)
	return h
}

func (h *host) add(o *model.Object) *model.Object {
	o.Host = h.name
	h.objects = append(h.objects, o)
	return o
}

// nic adds a NIC that is up.
func (h *host) nic(name string, a attrs) *host {
	nic := object(model.TypeHostPnic, name+"-"+h.name, name, attrs{"local_name": name, "Link detected": "yes"})
	for key, value := range a {
		nic.Attrs[key] = value
	}
	h.add(nic)
	return h
}

// port adds a port to the vedge.
func (h *host) port(name string, tag any) {
	ports := h.vedge.Maps("ports")
	port := map[string]any{"id": fmt.Sprint(len(ports) + 1), "name": name, "internal": false}
	if tag != nil {
		port["tag"] = tag
	}
	h.vedge.Set("ports", append(ports, port))
}

// provider adds ens5, a NIC in the bridge of physnet1.
func (h *host) provider() *host {
	h.port("ens5", nil)
	return h.nic("ens5", attrs{"physical_networks": []any{"physnet1"}, "port_id": "1"})
}

// tunnel adds an otep with the address on ens4.
func (h *host) tunnel() *host {
	h.otep("ens4")
	return h.nic("ens4", attrs{"IP Address": "10.0.0.1", "tunnel": true})
}

func (h *host) otep(interfaceName string) *model.Object {
	o := object(model.TypeOtep, h.name+"-otep", h.name+"-otep", attrs{"ip_address": "10.0.0.1", "vconnector": h.name + "-" + interfaceName})
	o.ParentID = h.vedge.ID
	return h.add(o)
}

func (h *host) bridge(name string, interfaces ...string) *model.Object {
	list := []map[string]any{}
	for _, i := range interfaces {
		list = append(list, map[string]any{"name": i, "mac_address": ""})
	}
	return h.add(object(model.TypeVconnector, h.name+"-"+name+"-8000.1", h.name+"-"+name,
		attrs{"bridge_name": name, "interfaces": list, "interfaces_names": interfaces}))
}

// tapIn adds a linux bridge with other interfaces and a tap of a network.
func (h *host) tapIn(bridge, network string, interfaces ...string) *host {
	h.bridge(bridge, append(interfaces, "tap"+bridge)...)
	h.vnic("tap"+bridge, network, attrs{"vnic_type": model.VnicInstance})
	return h
}

// otepIn adds the tunnel end of a linux bridge, whose address a device has.
func (h *host) otepIn(bridge, device, holder string) *host {
	id := h.name + "-otep-" + device
	o := h.add(object(model.TypeOtep, id, id, attrs{"ip_address": "10.0.0.1", "vconnector": h.name + "-" + bridge, "address_device": h.name + "-" + holder}))
	o.ParentType, o.ParentID = model.TypeVconnector, h.name+"-"+bridge+"-8000.1"
	return h
}

// instance adds an instance with a port on each of the networks, plugged through a bridge or directly.
func (h *host) instance(name string, hybrid bool, networks ...string) *model.Object {
	instance := h.add(object(model.TypeInstance, name, name, attrs{"network": slices.Clone(networks)}))
	for i, network := range networks {
		rest := fmt.Sprintf("%s-%d", name, i)
		h.vnic("tap"+rest, network, attrs{"vnic_type": model.VnicInstance, "instance_id": name})
		if hybrid {
			h.bridge("qbr"+rest, "qvb"+rest, "tap"+rest)
			h.port("qvo"+rest, 5)
		} else {
			h.port("tap"+rest, float64(5))
		}
	}
	return instance
}

// service adds a network service with a port on each of the networks.
func (h *host) service(name string, networks ...string) *model.Object {
	id := h.name + "-" + name
	service := h.add(object(model.TypeVservice, id, name, attrs{"network": slices.Clone(networks)}))
	for i, network := range networks {
		dev := fmt.Sprintf("qr-%s-%d", name, i)
		h.vnic(dev, network, attrs{"vnic_type": model.VnicVservice}).ParentID = id + "-vnics"
		h.port(dev, nil)
	}
	return service
}

// vnic adds a vnic, and the port of the cloud that it is.
func (h *host) vnic(dev, network string, a attrs) *model.Object {
	a["network"], a["mac_address"] = []string{network}, "fa:16:"+dev
	h.add(object(model.TypePort, "port-"+dev, dev, attrs{"network_id": network}))
	return h.add(object(model.TypeVnic, h.name+"-"+dev, dev, a))
}

func (h *host) links() []model.Link {
	return FindLinks(View{Env: h.cloud.env, Host: h.name, Objects: h.objects, Networks: h.cloud.networks})
}

func (c *cloud) links() []model.Link {
	var links []model.Link
	for _, h := range c.hosts {
		links = append(links, h.links()...)
	}
	return links
}

func (c *cloud) all() []*model.Object {
	objects := []*model.Object{}
	for _, network := range c.networks {
		objects = append(objects, network)
	}
	for _, h := range c.hosts {
		objects = append(objects, h.objects...)
	}
	return objects
}

func graphOf(t testing.TB, links []model.Link) *Graph {
	t.Helper()
	g, err := NewGraph(func(add func(model.Link) error) error {
		for _, l := range links {
			if err := add(l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// defaults returns the shipped clique type and constraints for a focal point in an environment.
func defaults(t testing.TB, env *model.Environment, focalType string) (*model.CliqueType, []string) {
	t.Helper()
	types, err := DefaultCliqueTypes()
	if err != nil {
		t.Fatal(err)
	}
	constraints, err := DefaultCliqueConstraints()
	if err != nil {
		t.Fatal(err)
	}
	ct, ok := SelectCliqueType(env, types, focalType)
	if !ok {
		t.Fatalf("there is no clique type for %s", focalType)
	}
	return ct, ConstraintsFor(constraints, env.Name, focalType)
}

// show writes links as "type source>target [networks]", in the order of the text.
func show(links []model.Link) []string {
	lines := []string{}
	for _, l := range links {
		line := l.LinkType + " " + l.SourceID + ">" + l.TargetID
		if l.Attributes.Network != nil {
			line += " " + fmt.Sprint(l.Attributes.Network)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// showClique writes a clique's links, in the order of the text.
func showClique(links []model.Link, clique model.Clique) []string {
	return show(slices.DeleteFunc(slices.Clone(links), func(l model.Link) bool { return !slices.Contains(clique.Links, l.ID) }))
}
