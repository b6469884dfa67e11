package cloud

import (
	"context"
	"maps"
	"net/url"
	"slices"
)

// Given are rows of listings, by the names Servers, Networks, Subnets and Ports.
type Given map[string][]Item

// Names of listings.
const (
	Servers  = "servers"
	Networks = "networks"
	Subnets  = "subnets"
	Ports    = "ports"
)

// TaskState is the key of what Nova is at with a server.
const TaskState = "OS-EXT-STS:task_state"

// With returns a client for which the given rows are all that there are in those listings. It shares the login, and what it
// remembers of other listings, with this one.
func (c *Client) With(given Given) *Client {
	limited := *c
	limited.given = given
	return &limited
}

// atOnce is how many values one request names: more would make its address too long for some.
const atOnce = 40

// Some reads those rows of a listing of Neutron, by its name, that have one of the values in an attribute. Nothing of it is
// remembered.
func (c *Client) Some(ctx context.Context, region, name, attribute string, values ...string) ([]Item, error) {
	l := map[string]reading{Networks: networks, Subnets: subnets, Ports: ports}[name]
	var rows []Item
	for some := range slices.Chunk(values, atOnce) {
		l.query = url.Values{attribute: some}
		found, err := c.readAnew(ctx, region, l)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// Server reads one server, of any project: no row when there is none. Nothing of it is remembered.
func (c *Client) Server(ctx context.Context, region, id string) ([]Item, error) {
	l := servers
	l.query = maps.Clone(l.query)
	l.query.Set("uuid", id)
	return c.readAnew(ctx, region, l)
}
