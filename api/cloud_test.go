package api

import (
	"testing"
	"time"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// hostile is a name that does harm where it is not treated as text.
const hostile = `</script><img src=x onerror=alert(1)>'"; DROP TABLE x; ../..%00 {"$gt":""} .*`

// environmentDoc is an environment as a user registers it.
const environmentDoc = `{"name":"lab","type":"environment","environment_type":"OpenStack","distribution":"Mirantis",
"distribution_version":"8.0","mechanism_drivers":["OVS"],"type_drivers":"vxlan","listen":false,"operational":"stopped",
"configuration":[
 {"name":"OpenStack","host":"10.0.0.1","port":"5000","user":"admin","pwd":"s3cret-api","admin_token":"s3cret-token"},
 {"name":"mysql","host":"10.0.0.1","port":3306,"user":"root","pwd":"s3cret-sql"},
 {"name":"CLI","host":"10.0.0.1","user":"scan","pwd":"s3cret-ssh"}]}`

// secrets are what no answer and no log line may hold.
func secrets() []string { return []string{"s3cret", "enc:v1:"} }

// object makes an object below a parent; its name is its id.
func object(parent *model.Object, objectType, id string, attrs map[string]any) model.Object {
	return model.Object{Environment: parent.Environment, Type: objectType, ID: id, Name: id, ObjectName: id,
		ParentID: parent.ID, ParentType: parent.Type, IDPath: parent.IDPath + "/" + id, NamePath: parent.NamePath + "/" + id,
		ShowInTree: true, LastScanned: time.Date(2026, 3, 4, 11, 0, 0, 0, time.UTC), Attrs: attrs}
}

// cloud is a small inventory: two hosts whose names begin alike, an instance and its path to its network.
type cloud struct {
	objects []model.Object
	links   []model.Link
	clique  model.Clique
}

func smallCloud(environment string) cloud {
	root := model.Object{Environment: environment, Type: model.TypeEnvironment, ID: environment, IDPath: "/" + environment, NamePath: "/" + environment}
	zone := object(&root, model.TypeAvailabilityZone, "nova", nil)
	host := object(&zone, model.TypeHost, "node-1", map[string]any{"host_type": []string{"Compute"}, "os_id": "1"})
	host10 := object(&zone, model.TypeHost, "node-10", nil)
	vm := object(&host, model.TypeInstance, "vm-1", map[string]any{"clique": true, "network": []string{"net-1"}})
	vm.Name, vm.ObjectName, vm.Host = hostile, hostile, host.ID
	vnic := object(&vm, model.TypeVnic, "node-1-tap1", map[string]any{"mac_address": "fa:16:3e:00:00:01"})
	vnic.Host = host.ID
	agent := object(&host, model.TypeNetworkAgent, "vm-1", nil) // the instance's id once more
	network := object(&root, model.TypeNetwork, "net-1", nil)
	links := []model.Link{link(vm, vnic, model.LinkUp), link(vnic, network, model.LinkDown)}
	return cloud{objects: []model.Object{zone, host, host10, vm, vnic, agent, network}, links: links,
		clique: model.Clique{ID: model.CliqueID(environment, vm.DBID()), Environment: environment, FocalPoint: vm.DBID(),
			FocalPointType: vm.Type, FocalPointID: vm.ID, Constraints: map[string][]string{"network": {"net-1"}},
			Links: []string{links[1].ID, links[0].ID}, Nodes: []string{vm.DBID(), vnic.DBID(), network.DBID(), "gone"}}}
}

func link(from, to model.Object, state string) model.Link {
	linkType := from.Type + "-" + to.Type
	return model.Link{ID: model.LinkID(from.Environment, linkType, from.DBID(), to.DBID()), Environment: from.Environment,
		LinkType: linkType, LinkName: from.ID + "-" + to.ID, Source: from.DBID(), Target: to.DBID(), SourceID: from.ID, TargetID: to.ID,
		State: state, Host: "node-1", Attributes: model.LinkAttributes{Network: []string{"net-1", "net-2"}, MACAddress: "fa:16:3e:00:00:01"}}
}

// put writes the cloud into an inventory.
func (c cloud) put(t *testing.T, db *store.DB, inventory string) {
	t.Helper()
	inv, err := db.Inventory(t.Context(), inventory)
	if err != nil {
		t.Fatal(err)
	}
	_, err1 := inv.Objects.Put(t.Context(), 1, c.objects...)
	_, err2 := inv.Links.Put(t.Context(), 1, c.links...)
	_, err3 := inv.Cliques.Put(t.Context(), 1, c.clique)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// withCloud registers the environment lab, and puts the small cloud into its inventory.
func withCloud(t *testing.T) (*site, cloud) {
	t.Helper()
	s, c := newSite(t), smallCloud("lab")
	s.call("POST", "/environment_configs", environmentDoc).want(201)
	c.put(t, s.db, "")
	return s, c
}
