package integration

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/event/feed"
	"calipso.io/calipso/pkg/model"
)

// TestOpenStackListen: what a real cloud tells of a network, a subnet and a port that are made, renamed and deleted
// arrives within seconds, and those who watch see it.
func TestOpenStackListen(t *testing.T) {
	t.Parallel()
	cloud := realCloud(t)
	c := start(t)
	c.add(cloud.listened("listened"))
	c.completed(client.ScanRequest{Environment: "listened"})
	c.operational("listened", model.OperationalRunning)
	seen := c.watch("listened")

	name := fmt.Sprintf("calipso-test-%d", time.Now().UnixNano())
	network := cloud.create("network", map[string]any{"name": name})
	subnet := cloud.create("subnet", map[string]any{"network_id": network, "ip_version": 4, "cidr": "10.97.1.0/24"})
	port := cloud.create("port", map[string]any{"network_id": network})
	cloud.call(http.MethodPut, neutron, "/v2.0/networks/"+network, map[string]any{"network": map[string]any{"name": name + "-renamed"}})
	cloud.call(http.MethodDelete, neutron, "/v2.0/ports/"+port, nil)
	cloud.call(http.MethodDelete, neutron, "/v2.0/networks/"+network, nil)

	wanted := map[string]bool{"network.create.end " + network: true, "subnet.create.end " + subnet: true, "port.create.end " + port: true,
		"network.update.end " + network: true, "port.delete.end " + port: true, "network.delete.end " + network: true}
	deadline := time.After(5 * time.Minute)
	for len(wanted) > 0 {
		select {
		case e := <-seen:
			if e.Stage != feed.Received {
				continue
			}
			delete(wanted, e.Type+" "+e.Hint.Object)
			if e.Hint.Object == network && e.Hint.Deleted != strings.HasPrefix(e.Type, "network.delete") {
				t.Errorf("deleted is %t in %s", e.Hint.Deleted, e.Type)
			}
			if lag := e.At.Sub(e.Timestamp); lag > 30*time.Second {
				t.Errorf("%s came after %v", e.Type, lag)
			}
		case <-deadline:
			t.Fatalf("the cloud did not tell, or it got lost: %v", wanted)
		}
	}
}

// listened is the document of the cloud, to be listened to.
func (o *openstack) listened(name string) map[string]any {
	doc, bus := o.environment(name, true), o.desc.AMQP
	doc["listen"] = true
	doc["configuration"] = append(doc["configuration"].([]any),
		map[string]any{"name": "AMQP", "host": bus.Host, "port": bus.Port, "user": bus.User, "pwd": bus.Password,
			"queue_ttl": 60}) // so that little is left in the lab
	return doc
}

// create makes something of Neutron's and returns its id.
func (o *openstack) create(kind string, body map[string]any) string {
	o.t.Helper()
	made, _ := o.call(http.MethodPost, neutron, "/v2.0/"+kind+"s", map[string]any{kind: body})[kind].(map[string]any)
	id, _ := made["id"].(string)
	if id == "" {
		o.t.Fatalf("no %s was made", kind)
	}
	return id
}

// operational waits until an environment says so of itself.
func (c *calipso) operational(name, want string) {
	c.t.Helper()
	now := ""
	for end := time.Now().Add(5 * time.Minute); now != want; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("%s is %s, not %s", name, now, want)
		}
		all, err := c.Environments(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, e := range all {
			if e.Name == name {
				now = e.Operational
			}
		}
	}
}

// watch returns what those see who watch an environment's events.
func (c *calipso) watch(environment string) <-chan feed.Entry {
	c.t.Helper()
	seen, ended := make(chan feed.Entry, 1000), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	begun := make(chan struct{})
	go func() {
		defer close(ended)
		err := c.WatchEvents(ctx, environment, func() { close(begun) }, func(e feed.Entry) error { seen <- e; return nil })
		if ctx.Err() == nil {
			c.t.Errorf("watching ended: %v", err)
		}
	}()
	c.t.Cleanup(func() { stop(); <-ended })
	select {
	case <-begun:
	case <-ended:
		c.t.FailNow()
	}
	return seen
}
