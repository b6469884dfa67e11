package openstack

import (
	"fmt"
	"slices"

	"calipso.io/calipso/pkg/conn/cloud"
	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/model"
)

// Neutron does not refuse an account that may not see everything: it answers with less. What is less than there is must
// not be taken for all, or the rest would be taken for gone.

// checkRights returns an error when rows lack an attribute that only accounts with the right to everything are shown:
// all of the given keys are missing in some row.
func checkRights(what string, rows []cloud.Item, keys ...string) error {
	for _, row := range rows {
		shown := slices.ContainsFunc(keys, func(key string) bool { _, ok := row[key]; return ok })
		if !shown {
			return fmt.Errorf("list %s: Neutron shows no %s of %s, so the account may not see all of the cloud: check the roles of the OpenStack section's user",
				what, keys[0], row.Str("id"))
		}
	}
	return nil
}

// checkAgents returns an error when there is no agent, though there are hosts whose switch needs one.
func checkAgents(req *discover.Request, agents []cloud.Item) error {
	needed := slices.Contains(req.Env.MechanismDrivers, "OVS") || slices.Contains(req.Env.MechanismDrivers, "LXB")
	compute := func(host *model.Object) bool { return slices.Contains(host.Strs("host_type"), model.HostCompute) }
	if len(agents) > 0 || !needed || !slices.ContainsFunc(req.Known(model.TypeHost), compute) {
		return nil
	}
	return fmt.Errorf("list agents: Neutron shows none, so the account may not see them: check the roles of the OpenStack section's user")
}
