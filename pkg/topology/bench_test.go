package topology

import (
	"fmt"
	"runtime"
	"testing"

	"calipso.io/calipso/pkg/model"
)

// benchCloud has 100 hosts with 30 instances each, half of them plugged through bridges, on 300 networks, and a host
// with a service for each network.
func benchCloud() (*cloud, []*model.Object) {
	c := newCloud()
	var ids []string
	for i := range 300 {
		id := fmt.Sprintf("net-%d", i)
		kind := attrs{"provider:network_type": "vxlan", "provider:segmentation_id": i}
		if i%10 == 0 {
			kind = attrs{"provider:network_type": "vlan", "provider:segmentation_id": i, "provider:physical_network": "physnet1"}
		}
		c.network(id, kind)
		ids = append(ids, id)
	}
	var focals []*model.Object
	net := c.host("net").tunnel().provider()
	for _, id := range ids {
		focals = append(focals, c.networks[id], net.service("dhcp-"+id, id))
	}
	for i := range 100 {
		h := c.host(fmt.Sprintf("node-%d", i)).tunnel().provider()
		for j := range 30 {
			n := i*30 + j
			focals = append(focals, h.instance(fmt.Sprintf("vm%d", n), i%2 == 0, ids[n%300], ids[(n*7+1)%300]))
		}
	}
	return c, focals
}

func BenchmarkFindLinks(b *testing.B) {
	c, _ := benchCloud()
	b.ReportAllocs()
	for b.Loop() {
		links := c.links()
		b.ReportMetric(float64(len(links)), "links")
	}
}

func BenchmarkNewGraph(b *testing.B) {
	c, _ := benchCloud()
	links := c.links()
	b.ReportAllocs()
	for b.Loop() {
		graphOf(b, links)
	}
	before := heap()
	graph := graphOf(b, links)
	b.ReportMetric(float64(heap()-before)/float64(len(graph.links)), "B/link")
	runtime.KeepAlive(links)
	runtime.KeepAlive(graph)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// All cliques of the cloud: 3,000 of instances, 300 of services, 300 of networks.
func BenchmarkAllCliques(b *testing.B) {
	c, focals := benchCloud()
	graph := graphOf(b, c.links())
	plans := map[string]*model.CliqueType{}
	for _, focalType := range []string{"instance", "vservice", "network"} {
		plans[focalType], _ = defaults(b, c.env, focalType)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, focal := range focals {
			if _, ok := graph.Clique(focal, plans[focal.Type], []string{"network"}); !ok {
				b.Fatalf("%s %s has no clique", focal.Type, focal.ID)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(focals)), "ns/clique")
}
