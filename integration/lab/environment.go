package lab

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/integration/lab/api"
	"calipso.io/calipso/integration/lab/faults"
	"calipso.io/calipso/integration/lab/hosts"
	"calipso.io/calipso/integration/lab/sim"
	"calipso.io/calipso/integration/lab/sqld"
	"calipso.io/calipso/integration/lab/sshd"
	"calipso.io/calipso/pkg/model"
)

// environment is one running cloud.
type environment struct {
	cfg      EnvConfig
	ctx      context.Context
	cloud    *sim.Cloud
	faults   atomic.Pointer[faults.Set]
	counters counters
	gates    [6]*gate // Keystone, Nova, Neutron, SSH, MySQL and APIC; nil for those that there are not
	ca       string   // of the APIC's certificate, in PEM
	ssh      *sshd.Server
	sql      *sqld.Server
}

// The order of an environment's gates.
const (
	keystone = iota
	nova
	neutron
	secureShell
	mysql
	apic
)

func newEnvironment(ctx context.Context, cfg EnvConfig, seed int64) (*environment, error) {
	cloud, err := sim.New(cfg.spec(seed), time.Now())
	if err != nil {
		return nil, err
	}
	e := &environment{cfg: cfg, ctx: ctx, cloud: cloud}
	e.faults.Store(&cfg.Faults)
	if err := e.listen(); err != nil {
		e.close()
		return nil, err
	}
	e.wireAPI()
	e.wireSSH(seed)
	if err := errors.Join(e.wireSQL(), e.wireAPIC()); err != nil {
		e.close()
		return nil, err
	}
	if cfg.Dead {
		for _, g := range e.open() {
			g.serve = blackHole
		}
	}
	if err := e.openGates(); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// listen takes the ports.
func (e *environment) listen() error {
	for i, name := range []string{"keystone", "nova", "neutron", "ssh", "mysql", "apic"} {
		port := 0
		if e.cfg.BasePort > 0 {
			port = e.cfg.BasePort + i
		}
		if i == mysql && e.cfg.NoMySQL || i == apic && !e.cfg.Fabric {
			continue
		}
		g, err := newGate(name, e.cfg.address(), port)
		if err != nil {
			return err
		}
		e.gates[i] = g
	}
	return nil
}

// open returns the gates that there are.
func (e *environment) open() (gates []*gate) {
	for _, g := range e.gates {
		if g != nil {
			gates = append(gates, g)
		}
	}
	return gates
}

func (e *environment) url(gate int) string { return fmt.Sprintf("http://%s", e.gates[gate].addr) }

func (e *environment) wireAPI() {
	server := api.New(api.Config{
		Cloud: e.cloud, User: apiUser, Password: e.cfg.password(model.SectionOpenStack), Delay: e.cfg.APIDelay, Faults: e.faults.Load,
		Begin: e.counters.api.begin, Keystone: e.url(keystone), Nova: e.url(nova), Neutron: e.url(neutron),
	})
	e.gates[keystone].serve = serveHTTP(server.Keystone())
	e.gates[nova].serve = serveHTTP(server.Nova())
	e.gates[neutron].serve = serveHTTP(server.Neutron())
}

func (e *environment) wireAPIC() error {
	if !e.cfg.Fabric {
		return nil
	}
	server := api.New(api.Config{
		Cloud: e.cloud, User: aciUser, Password: e.cfg.password(model.SectionACI), Delay: e.cfg.APIDelay, Faults: e.faults.Load,
		Begin: e.counters.apic.begin,
	})
	ca, certificate, err := certify(e.cfg.address())
	if err == nil {
		e.ca, e.gates[apic].serve = ca, serveHTTPS(server.APIC(), certificate)
	}
	return err
}

func (e *environment) wireSSH(seed int64) {
	played := hosts.New(hosts.Config{
		Cloud: e.cloud, Faults: e.faults.Load, Files: e.cfg.Files, Count: count(&e.counters.commands), Hop: count(&e.counters.hops),
	})
	e.ssh = sshd.New(sshd.Config{
		Gateway: e.cloud.Hosts[0].Name, Seed: fmt.Sprintf("%s/%d", e.cfg.Name, seed), User: e.cfg.sshUser(), Pwd: e.cfg.password(model.SectionCLI),
		Delay: e.cfg.SSHDelay, Faults: e.faults.Load, Find: played.Find, Login: played.Login,
		CountConn: count(&e.counters.logins), BeginDial: e.counters.dials.begin, BeginExec: e.counters.sessions.begin,
	})
	e.gates[secureShell].serve = e.ssh.Serve
}

func (e *environment) wireSQL() error {
	if e.cfg.NoMySQL {
		return nil
	}
	var err error
	e.sql, err = sqld.New(sqld.Config{
		Cloud: e.cloud, User: sqlUser, Pwd: e.cfg.password(model.SectionMySQL), Faults: e.faults.Load, Count: count(&e.counters.queries),
	})
	if err == nil {
		e.gates[mysql].serve = e.sql.Serve
	}
	return err
}

// openGates opens the gates that no fault closes, and closes the others.
func (e *environment) openGates() error {
	for _, g := range e.open() {
		if e.faults.Load().IsClosed(g.name) {
			g.close()
		} else if err := g.open(e.ctx); err != nil {
			return err
		}
	}
	return nil
}

func (e *environment) setFaults(set faults.Set) error {
	e.faults.Store(&set)
	return e.openGates()
}

func (e *environment) close() {
	for _, g := range e.open() {
		g.close()
	}
	if e.sql != nil {
		e.sql.Close()
	}
}

func (e *environment) clientKey() string {
	block, err := ssh.MarshalPrivateKey(e.ssh.ClientKey(), "")
	if err != nil {
		panic("an ed25519 key cannot be written: " + err.Error())
	}
	return string(pem.EncodeToMemory(block))
}

// document is the environment's document: how to reach all of it.
func (e *environment) document() model.Environment {
	section := func(name string, gate int, user string) model.Section {
		return model.Section{"name": name, "host": e.cfg.address(), "port": e.gates[gate].addr.Port, "user": user, "pwd": e.cfg.password(name)}
	}
	openStack := section(model.SectionOpenStack, keystone, apiUser)
	openStack["admin_project"] = apiProject
	cli := section(model.SectionCLI, secureShell, e.cfg.sshUser())
	if e.cfg.KeyLogin {
		delete(cli, "pwd")
		cli["key"] = strings.TrimSpace(e.clientKey()) + "\n"
	}
	sections := []model.Section{openStack, cli}
	if !e.cfg.NoMySQL {
		sections = append(sections, section(model.SectionMySQL, mysql, sqlUser))
	}
	if e.cfg.Fabric {
		aci := section(model.SectionACI, apic, aciUser)
		aci["ca_cert"] = e.ca
		sections = append(sections, aci)
	}
	return model.Environment{
		Name: e.cfg.Name, Type: model.TypeEnvironment, EnvironmentType: model.EnvironmentOpenStack, Distribution: e.cloud.Spec.Distribution,
		DistributionVersion: e.cloud.Spec.DistributionVersion, MechanismDrivers: drivers(e.cloud.Spec), TypeDrivers: e.cloud.Spec.Tunnel,
		ACIEnabled: e.cfg.Fabric, Operational: "running", Configuration: sections,
	}
}

// drivers are the mechanism drivers of a cloud.
func drivers(s sim.Spec) []string {
	names := map[sim.Mechanism][]string{
		sim.OpenVSwitch: {"OVS"}, sim.LinuxBridge: {"LXB"}, sim.VPP: {"VPP"}, sim.Several: {"OVS", "LXB", "VPP"},
	}[s.Mechanism]
	if s.SRIOV {
		names = append(names, "SRIOV")
	}
	return names
}
