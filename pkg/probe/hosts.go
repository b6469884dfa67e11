package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/conn/ssh"
	"calipso.io/calipso/pkg/model"
)

// hosts logs in at the gateway, tries there what scans run as root, and does the same on one other host.
func hosts(cfg Config, section model.Section, t *trial) {
	keys := &shownKeys{known: cfg.HostKeys}
	var client *ssh.Client
	ok := t.try("log in at the gateway", func(ctx context.Context) (string, error) {
		var err error
		if client, err = newSSH(cfg.Env.Name, section, keys); err != nil {
			return "", err
		}
		_, err = client.Run(ctx, gateway, []byte(":"))
		return "as " + section.Str("user") + keys.words(), refusedKey(err)
	})
	if client != nil {
		defer client.Close()
	}
	if !ok {
		return
	}
	root := &rootCommands{cfg: cfg, user: section.Str("user"), client: client}
	t.try("run on the gateway what scans run as root", func(ctx context.Context) (string, error) { return root.run(ctx, gateway) })
	other := otherHost(t.ctx, cfg, section)
	if other == "" {
		t.note("reach another host through the gateway", "not tried: no other host is known yet; what the cloud's API names is tried when the section OpenStack is there and right")
		return
	}
	t.try("run on "+other+", through the gateway, what scans run as root", func(ctx context.Context) (string, error) { return root.run(ctx, other) })
}

// gateway is how ssh calls the gateway.
const gateway = "localhost"

func newSSH(env string, section model.Section, keys ssh.HostKeys) (*ssh.Client, error) {
	config, err := ssh.FromSection(env, section)
	if err != nil {
		return nil, err
	}
	config.HostKeys = keys
	config.DialTimeout, config.LoginTimeout, config.RunTimeout = stepLimit, stepLimit, stepLimit
	return ssh.New(config)
}

// refusedKey adds what a changed host key means, to those who don't know.
func refusedKey(err error) error {
	var refused *ssh.Error
	if errors.As(err, &refused) && refused.Code == ssh.HostKeyRefused {
		return advised{err, "compare the fingerprint with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host itself, before its new key is accepted"}
	}
	return err
}

// otherHost returns a host that is not the gateway: one with a login of its own, else one that is known, else one that the
// cloud's API names.
func otherHost(ctx context.Context, cfg Config, section model.Section) string {
	var names []string
	for _, h := range section.Hosts() {
		names = append(names, h.Name())
	}
	names = append(names, cfg.Hosts...)
	if len(names) == 0 {
		names = computeHosts(ctx, cfg.Env.Section(model.SectionOpenStack))
	}
	// The first may be the gateway, by its name: it is not known by that here.
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 || len(names) == 1 && names[0] == section.Str("host") {
		return ""
	}
	return names[len(names)-1]
}

// computeHosts asks Nova for its hosts. Why it does not answer, the test of the section OpenStack says.
func computeHosts(ctx context.Context, section model.Section) (names []string) {
	if section == nil {
		return nil
	}
	client, err := newCloud(section)
	if err != nil {
		return nil
	}
	regions, err := client.Regions(ctx)
	if err != nil {
		return nil
	}
	for _, region := range regions {
		services, _ := client.Services(ctx, region.Name)
		for _, s := range services {
			if s.Str("binary") == "nova-compute" {
				names = append(names, s.Str("host"))
			}
		}
	}
	return names
}

// shownKeys notes which host keys were shown, and remembers none.
type shownKeys struct {
	known ssh.HostKeys
	notes []string
}

// Known implements ssh.HostKeys.
func (k *shownKeys) Known(ctx context.Context, host string) (string, bool, error) {
	if k.known == nil {
		return "", false, nil
	}
	key, ok, err := k.known.Known(ctx, host)
	if ok {
		k.notes = append(k.notes, fmt.Sprintf("%s has the host key that is known", host))
	}
	return key, ok, err
}

// Accept implements ssh.HostKeys.
func (k *shownKeys) Accept(_ context.Context, host, key string) (string, error) {
	k.notes = append(k.notes, fmt.Sprintf("%s has the host key %s, which is new: the first scan will remember it", host, fingerprint(key)))
	return key, nil
}

func (k *shownKeys) words() string {
	if len(k.notes) == 0 {
		return "; the host key is in known_hosts"
	}
	return "; " + strings.Join(k.notes, "; ")
}
