package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/model"
)

// openStack logs in at Keystone, and asks for a row of each list that scans read.
func openStack(_ Config, section model.Section, t *trial) {
	client, err := newCloud(section)
	var regions []cloud.Region
	ok := t.try("log in at Keystone", func(ctx context.Context) (string, error) {
		if err != nil {
			return "", err
		}
		regions, err = client.Regions(ctx)
		return fmt.Sprintf("%s, as %s; the catalogue has %s", client, section.Str("user"), regionNames(regions)), err
	})
	if !ok {
		return
	}
	t.try("list projects", func(ctx context.Context) (string, error) { return "they can be read", client.CheckProjects(ctx).Err })
	for _, region := range regions {
		checkRegion(t, client, region.Name)
	}
}

func newCloud(section model.Section) (*cloud.Client, error) {
	config, err := cloud.FromSection(section)
	if err != nil {
		return nil, err
	}
	config.Timeout = stepLimit
	return cloud.New(config), nil
}

// checkRegion makes a step of each service, since what is wrong is most often wrong with all of its lists.
func checkRegion(t *trial, client *cloud.Client, region string) {
	var checks []cloud.Check
	var err error
	if !t.try("look for the services of "+region, func(ctx context.Context) (string, error) {
		checks, err = client.Check(ctx, region)
		return fmt.Sprintf("%d lists are there to be read", len(checks)), err
	}) {
		return
	}
	for _, service := range []string{"compute", "network"} {
		t.try("read as an administrator does: "+service+" of "+region, func(context.Context) (string, error) { return summary(checks, service) })
	}
}

// summary names the lists of a service that can be read, or says why others can't.
func summary(checks []cloud.Check, service string) (string, error) {
	var read []string
	var failed []error
	for _, c := range checks {
		switch {
		case c.Service != service:
		case c.Err != nil:
			failed = append(failed, c.Err)
		default:
			read = append(read, c.List)
		}
	}
	if len(failed) > 1 {
		return "", fmt.Errorf("%w (and %d other lists)", failed[0], len(failed)-1)
	}
	if len(read)+len(failed) == 0 {
		return "the region has no such service, others have", nil
	}
	return "all of " + strings.Join(read, ", "), errors.Join(failed...)
}

func regionNames(regions []cloud.Region) string {
	var names []string
	for _, r := range regions {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}
