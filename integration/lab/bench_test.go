package lab_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/integration/lab"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
)

// sizes are clouds of several sizes, with the same number of instances on each host.
var sizes = []lab.EnvConfig{
	{Hosts: 10, Instances: 300, Ports: 1000},
	{Hosts: 100, Instances: 3000, Ports: 10000},
	{Hosts: 500, Instances: 15000, Ports: 50000},
}

// BenchmarkCloud makes a cloud.
func BenchmarkCloud(b *testing.B) {
	for _, cfg := range sizes {
		b.Run(fmt.Sprintf("hosts=%d", cfg.Hosts), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				spec := sim.Spec{Hosts: cfg.Hosts, Instances: cfg.Instances, Ports: cfg.Ports}
				if _, err := sim.New(spec, time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAPI reads the first and then again the whole cloud's ports and instances, in pages of 1000.
func BenchmarkAPI(b *testing.B) {
	for _, cfg := range sizes[:2] {
		b.Run(fmt.Sprintf("hosts=%d", cfg.Hosts), func(b *testing.B) {
			l := start(b, cfg)
			c, err := simulated(b, l)
			if err != nil {
				b.Fatal(err)
			}
			truth := l.Truth("e")
			for b.Loop() {
				pages(b, c.network.Endpoint+"v2.0/ports?limit=1000", c.network.Token(), truth.Ports)
				pages(b, c.compute.Endpoint+"servers/detail?all_tenants=1&limit=1000", c.compute.Token(), truth.Instances)
			}
		})
	}
}

// pages reads a listing to its end, without decoding it.
func pages(b *testing.B, url, token string, ids []string) {
	for from := 0; from < len(ids); from += 1000 {
		page := url
		if from > 0 && strings.Contains(url, "ports") { // ports are listed in the order of their ids, like ids
			page += "&marker=" + ids[from-1]
		}
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, page, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("X-Auth-Token", token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, answer.Body); err != nil || n < 1000 {
			b.Fatalf("%s: %d bytes, %v", page, n, err)
		}
		answer.Body.Close()
	}
}

// BenchmarkHosts runs the product's commands on every host once, over one connection.
func BenchmarkHosts(b *testing.B) {
	for _, cfg := range sizes[:2] {
		b.Run(fmt.Sprintf("hosts=%d", cfg.Hosts), func(b *testing.B) {
			l := start(b, cfg)
			client, truth := dial(b, l), l.Truth("e")
			commands := append(slices.Clone(product), hostcli.OSRelease, hostcli.Machine, hostcli.SysClassNet, hostcli.IPAddress,
				hostcli.VsctlShow, hostcli.DpctlShow, hostcli.Namespaces)
			script, bytes := string(hostcmd.Script(commands, "@@mark")), 0
			for b.Loop() {
				for _, host := range truth.Hosts {
					bytes += len(run(b, client, "ssh -q "+host+" \"sh -s -- 'sudo -n'\"", script).out)
				}
			}
			b.ReportMetric(float64(bytes)/float64(b.N)/float64(len(truth.Hosts))/1024, "KB/host")
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MB-heap")
		})
	}
}
