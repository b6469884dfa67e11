package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/compare"
)

// difference is a document that an inventory and the cloud don't have in common.
type difference struct {
	Collection string   `json:"collection"` // inventory, links or cliques
	Document   string   `json:"document"`   // what it is, in words
	Is         string   `json:"is"`         // missing or gone, or different
	Fields     []string `json:"fields,omitempty"`
}

// How a document of an inventory differs from the cloud.
const (
	isMissing   = "missing"   // it is in the cloud, and not in the inventory
	isGone      = "gone"      // it is in the inventory, and not in the cloud
	isDifferent = "different" // followed by what the inventory has, and what the cloud has
)

// differences compares an inventory with what was scanned beside it. Both are read at the same time, in the order of the
// documents' ids, so only what is different is kept.
func differences(ctx context.Context, c *client.Client, p place) ([]difference, error) {
	group, ctx := errgroup.WithContext(ctx)
	stream := func(inventory string) <-chan client.Document {
		documents := make(chan client.Document, 100)
		group.Go(func() error {
			defer close(documents)
			return c.Documents(ctx, p.env, inventory, func(d client.Document) error {
				select {
				case documents <- d:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		})
		return documents
	}
	inventory, cloud := stream(p.inventory), stream(sideInventory)
	var found []difference
	group.Go(func() (err error) {
		found, err = join(inventory, cloud)
		return err
	})
	err := group.Wait()
	return found, err
}

// entry is a document of an export.
type entry struct {
	client.Document
	id  string
	end bool
}

// order is the order of collections in exports.
var order = map[string]int{"inventory": 1, "links": 2, "cliques": 3}

func (e entry) compare(other entry) int {
	if e.end || other.end {
		return cmp.Compare(boolean(e.end), boolean(other.end))
	}
	return cmp.Or(cmp.Compare(order[e.Collection], order[other.Collection]), cmp.Compare(e.id, other.id))
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

func next(documents <-chan client.Document) (entry, error) {
	d, ok := <-documents
	if !ok {
		return entry{end: true}, nil
	}
	var key struct {
		ID string `json:"_id"`
	}
	if err := json.Unmarshal(d.Document, &key); err != nil {
		return entry{}, fmt.Errorf("read the export: %w", err)
	}
	return entry{Document: d, id: key.ID}, nil
}

// join goes through two exports side by side.
func join(inventory, cloud <-chan client.Document) (found []difference, err error) {
	a, errA := next(inventory)
	b, errB := next(cloud)
	for !a.end || !b.end {
		if err := cmp.Or(errA, errB); err != nil {
			return nil, err
		}
		switch n := a.compare(b); {
		case n < 0:
			found = append(found, difference{Collection: a.Collection, Document: describe(a), Is: isGone})
			a, errA = next(inventory)
		case n > 0:
			found = append(found, difference{Collection: b.Collection, Document: describe(b), Is: isMissing})
			b, errB = next(cloud)
		default:
			fields, err := fieldsOf(a, b)
			if err != nil {
				return nil, err
			}
			if len(fields) > 0 {
				found = append(found, difference{Collection: a.Collection, Document: describe(a), Is: isDifferent, Fields: fields})
			}
			a, errA = next(inventory)
			b, errB = next(cloud)
		}
	}
	return found, cmp.Or(errA, errB)
}

func fieldsOf(a, b entry) ([]string, error) {
	was, err := compare.Parse(a.Document.Document)
	if err != nil {
		return nil, err
	}
	is, err := compare.Parse(b.Document.Document)
	if err != nil {
		return nil, err
	}
	return compare.Differences(was, is), nil
}

// describe names a document for people.
func describe(e entry) string {
	var d struct {
		Type, ID, Name   string
		LinkType         string `json:"link_type"`
		SourceID         string `json:"source_id"`
		TargetID         string `json:"target_id"`
		FocalPointType   string `json:"focal_point_type"`
		FocalPointObject string `json:"focal_point_object_id"`
	}
	_ = json.Unmarshal(e.Document.Document, &d) // as far as it can be named
	switch {
	case d.LinkType != "":
		return d.LinkType + " " + d.SourceID + " " + d.TargetID
	case d.FocalPointType != "":
		return "around " + d.FocalPointType + " " + d.FocalPointObject
	}
	return d.Type + " " + d.ID + " " + d.Name
}
