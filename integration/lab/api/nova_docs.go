package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"calipso.io/calipso/integration/lab/sim"
)

// since adds attributes that a document has from a microversion on.
func since(d doc, minor, first int, attributes doc) {
	if minor >= first {
		for name, value := range attributes {
			d[name] = value
		}
	}
}

func (s *Server) serviceDocs(minor int, add func(string, any)) {
	for _, h := range s.cfg.Cloud.Hosts {
		for _, service := range h.Services {
			d := doc{
				"binary": service.Binary, "host": h.Name, "id": service.Number, "zone": service.Zone, "status": "enabled",
				"state": "up", "updated_at": stamp(s.cfg.Cloud.Started), "disabled_reason": nil,
			}
			if s.cfg.Cloud.Release < sim.Kilo {
				delete(d, "id")
			}
			since(d, minor, 11, doc{"forced_down": false})
			since(d, minor, 53, doc{"id": service.ID})
			add(service.ID, d)
		}
	}
}

func (s *Server) aggregateDocs(minor int, add func(string, any)) {
	for _, a := range s.cfg.Cloud.Aggregates {
		d := doc{
			"id": a.ID, "name": a.Name, "hosts": a.Hosts, "metadata": a.Metadata, "created_at": stamp(a.Created),
			"updated_at": nil, "deleted_at": nil, "deleted": false, "availability_zone": nil,
		}
		since(d, minor, 41, doc{"uuid": a.UUID})
		add(a.UUID, d)
	}
}

func (s *Server) flavorDocs(minor int, add func(string, any)) {
	id := s.cfg.Cloud.Flavor
	d := doc{
		"id": id, "name": "nano", "ram": 64, "disk": 1, "swap": "", "OS-FLV-EXT-DATA:ephemeral": 0,
		"OS-FLV-DISABLED:disabled": false, "vcpus": 1, "os-flavor-access:is_public": true, "rxtx_factor": 1.0,
		"links": s.novaLinks("flavors", id),
	}
	since(d, minor, 55, doc{"description": nil})
	since(d, minor, 61, doc{"extra_specs": doc{}})
	since(d, minor, 75, doc{"swap": 0})
	add(id, d)
}

func (s *Server) novaLinks(kind, id string) []doc {
	return []doc{
		{"rel": "self", "href": fmt.Sprintf("%s/v2.1/%s/%s", s.cfg.Nova, kind, id)},
		{"rel": "bookmark", "href": fmt.Sprintf("%s/%s/%s", s.cfg.Nova, kind, id)},
	}
}

func (s *Server) hypervisorDocs(minor int, add func(string, any)) {
	for _, h := range s.cfg.Cloud.Hosts {
		if h.Controller {
			continue
		}
		service, n := h.Services[0], len(h.Domains)
		d := doc{
			"id": service.Number, "hypervisor_hostname": h.Name, "state": "up", "status": "enabled", "hypervisor_type": "QEMU",
			"hypervisor_version": 7002022, "host_ip": h.MgmtIP,
			"service": doc{"id": service.Number, "host": h.Name, "disabled_reason": nil},
		}
		if s.cfg.Cloud.Release < sim.Juno {
			delete(d, "state")
			delete(d, "status")
		}
		since(d, minor, 53, doc{"id": h.Hypervisor, "service": doc{"id": service.ID, "host": h.Name, "disabled_reason": nil}})
		if minor < 88 {
			since(d, minor, 1, resources(n))
			d["cpu_info"] = string(encode(processor()))
			since(d, minor, 28, doc{"cpu_info": processor()})
		} else {
			d["uptime"] = " 08:14:21 up 3 days,  2:51,  0 users,  load average: 0.52, 0.61, 0.58\n"
		}
		id := fmt.Sprint(service.Number)
		if minor >= 53 {
			id = h.Hypervisor
		}
		add(id, d)
	}
}

func resources(instances int) doc {
	return doc{
		"vcpus": 64, "memory_mb": 262144, "local_gb": 1024, "vcpus_used": instances, "memory_mb_used": 512 + 64*instances,
		"local_gb_used": instances, "free_ram_mb": 261632 - 64*instances, "free_disk_gb": 1024 - instances,
		"current_workload": 0, "running_vms": instances, "disk_available_least": 1024 - instances,
	}
}

func processor() doc {
	return doc{
		"arch": "x86_64", "model": "Broadwell-noTSX-IBRS", "vendor": "Intel",
		"topology": doc{"cells": 1, "sockets": 2, "cores": 16, "threads": 2}, "features": []string{"sse4.2", "avx2", "aes"},
	}
}

// serverDocs lists the instances, the newest first.
func (s *Server) serverDocs(minor int, add func(string, any)) {
	for n := len(s.cfg.Cloud.Instances) - 1; n >= 0; n-- {
		i := s.cfg.Cloud.Instances[n]
		add(i.ID, s.serverDoc(i, minor))
	}
}

func (s *Server) serverDoc(i *sim.Instance, minor int) doc {
	image := s.cfg.Cloud.Image
	hostID := sha256.Sum224([]byte(i.Project.ID + i.Host.Name))
	d := doc{
		"id": i.ID, "name": i.Name, "status": cmp.Or(i.Status, "ACTIVE"), "tenant_id": i.Project.ID, "user_id": s.cfg.Cloud.AdminUser,
		"metadata": doc{}, "hostId": hex.EncodeToString(hostID[:]), "created": zulu(i.Created), "updated": zulu(i.Created),
		"image":     doc{"id": image, "links": s.novaLinks("images", image)[1:]},
		"flavor":    doc{"id": s.cfg.Cloud.Flavor, "links": s.novaLinks("flavors", s.cfg.Cloud.Flavor)[1:]},
		"addresses": s.addresses(i), "accessIPv4": "", "accessIPv6": "", "links": s.novaLinks("servers", i.ID),
		"OS-DCF:diskConfig": "MANUAL", "progress": 0, "OS-EXT-AZ:availability_zone": "nova", "config_drive": "",
		"key_name": nil, "OS-SRV-USG:launched_at": stamp(i.Created), "OS-SRV-USG:terminated_at": nil,
		"OS-EXT-SRV-ATTR:host": i.Host.Name, "OS-EXT-SRV-ATTR:instance_name": i.LibvirtName(),
		"OS-EXT-SRV-ATTR:hypervisor_hostname": i.Host.Name, "OS-EXT-STS:task_state": nil, "OS-EXT-STS:vm_state": "active",
		"OS-EXT-STS:power_state": 1, "os-extended-volumes:volumes_attached": []doc{}, "security_groups": groups(i),
	}
	addLaterAttributes(d, i, minor)
	return d
}

func addLaterAttributes(d doc, i *sim.Instance, minor int) {
	since(d, minor, 3, doc{
		"OS-EXT-SRV-ATTR:reservation_id": i.Reservation, "OS-EXT-SRV-ATTR:launch_index": 0, "OS-EXT-SRV-ATTR:hostname": i.Name,
		"OS-EXT-SRV-ATTR:kernel_id": "", "OS-EXT-SRV-ATTR:ramdisk_id": "", "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
		"OS-EXT-SRV-ATTR:user_data": nil,
	})
	since(d, minor, 9, doc{"locked": false})
	since(d, minor, 16, doc{"host_status": "UP"})
	since(d, minor, 19, doc{"description": nil})
	since(d, minor, 26, doc{"tags": []string{}})
	since(d, minor, 47, doc{"flavor": doc{
		"vcpus": 1, "ram": 64, "disk": 1, "ephemeral": 0, "swap": 0, "original_name": "nano", "extra_specs": doc{},
	}})
	since(d, minor, 63, doc{"trusted_image_certificates": nil})
	since(d, minor, 73, doc{"locked_reason": nil})
}

// addresses are by the names of networks. Floating ones stand beside those that they lead to.
func (s *Server) addresses(i *sim.Instance) map[string][]doc {
	byNetwork := map[string][]doc{}
	for _, p := range i.Ports {
		add := func(kind string, address any) {
			byNetwork[p.Network.Name] = append(byNetwork[p.Network.Name], doc{
				"version": 4, "addr": address, "OS-EXT-IPS:type": kind, "OS-EXT-IPS-MAC:mac_addr": p.MAC,
			})
		}
		add("fixed", p.Address)
		for _, r := range s.cfg.Cloud.Routers {
			for _, f := range r.Floating {
				if f.Target == p {
					add("floating", f.Port.Address)
				}
			}
		}
	}
	return byNetwork
}

func groups(i *sim.Instance) []doc {
	list := []doc{}
	for range i.Ports {
		list = append(list, doc{"name": "default"})
	}
	return list
}
