// Package osrelease finds what operating system a host runs.
package osrelease

import (
	"context"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

type fetcher struct{}

// New makes the fetcher "cli.os", which adds the attribute OS to the host: {name, version, ID, ID_LIKE, architecture}.
func New() discover.Fetcher { return fetcher{} }

func (fetcher) Commands(*model.Environment, *model.Object) []hostcmd.Command {
	return []hostcmd.Command{hostcli.OSRelease, hostcli.Machine}
}

func (fetcher) Fetch(_ context.Context, req *discover.Request) ([]model.Object, error) {
	out, err := req.Output(hostcli.OSRelease)
	if err != nil {
		return nil, fmt.Errorf("read the operating system's name: %w", err)
	}
	release, warnings := Parse(out.Stdout)
	req.Warn(warnings...)
	attrs := describe(release)
	if len(attrs) == 0 {
		return nil, fmt.Errorf("%s: it names no operating system", hostcli.OSRelease.Name)
	}
	if out, err := req.Output(hostcli.Machine); err != nil {
		req.Warn(hostcli.Warning(hostcli.Machine.Name, "", err.Error()))
	} else if machine := strings.Fields(string(out.Stdout)); len(machine) == 1 {
		attrs["architecture"] = machine[0]
	}
	return []model.Object{{
		Type: model.TypeHost, ID: req.Parent.ID, Part: model.PartHost, Attrs: map[string]any{"OS": attrs},
	}}, nil
}

// describe picks the fields that are kept; distributions without releases have no VERSION.
func describe(release map[string]string) map[string]any {
	attrs := map[string]any{}
	for attr, keys := range map[string][]string{
		"name": {"NAME", "PRETTY_NAME"}, "version": {"VERSION", "VERSION_ID"}, "ID": {"ID"}, "ID_LIKE": {"ID_LIKE"},
	} {
		for _, key := range keys {
			if release[key] != "" {
				attrs[attr] = release[key]
				break
			}
		}
	}
	return attrs
}
