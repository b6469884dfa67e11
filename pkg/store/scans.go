package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"calipso.io/calipso/pkg/model"
)

// SubmitScan writes a request for a scan, of which the caller set what is to be done, with the status pending. The
// environment must exist, and a single object, if one is named, must be in the inventory (by its id, and by its type
// where that is given); else the error has the code Invalid and names the field.
func (db *DB) SubmitScan(ctx context.Context, scan model.Scan, now time.Time) (model.Scan, error) {
	if _, err := db.Environments.Get(ctx, scan.Environment); CodeOf(err) == NotFound {
		return scan, &Error{Code: Invalid, Field: "environment", Message: "environment: there is no environment \"" + scan.Environment + "\""}
	} else if err != nil {
		return scan, err
	}
	if err := checkOnly(scan); err != nil {
		return scan, err
	}
	inv, err := db.Inventory(ctx, scan.Inventory)
	if err != nil {
		return scan, err
	}
	scan.Inventory = inv.Name
	if scan.ObjectID != "" {
		object, err := inv.OneObject(ctx, scan.Environment, scan.ObjectType, scan.ObjectID)
		if err != nil {
			return scan, err
		}
		scan.ObjectType = object.Type
	}
	if scan.Generation, err = db.NextGeneration(ctx, scan.Environment); err != nil {
		return scan, err
	}
	scan.ID = NewID()
	scan.Status = model.ScanPending
	scan.SubmitTimestamp = now.UTC()
	return scan, db.Scans.Create(ctx, scan)
}

// OneObject returns the object with the id, and with the type when one is given. It is an error with the code Invalid
// when there is none, or when objects of several types have this id.
func (inv *Inventory) OneObject(ctx context.Context, environment, objectType, id string) (model.Object, error) {
	conds := []Cond{Is(Environment, environment), Is(ID, id)}
	if objectType != "" {
		conds = append(conds, Is(Type, objectType))
	}
	found, err := inv.Objects.Find(ctx, Query{Where: conds, Limit: 2})
	switch {
	case err != nil:
		return model.Object{}, err
	case len(found) == 0:
		return model.Object{}, &Error{Code: Invalid, Field: "object_id",
			Message: "object_id: there is no " + orObject(objectType) + " \"" + id + "\" in the inventory of " + environment}
	case len(found) > 1:
		return model.Object{}, &Error{Code: Invalid, Field: "object_type",
			Message: "object_type: \"" + id + "\" is the id of a " + found[0].Type + " and of a " + found[1].Type + ": say which is meant"}
	}
	return found[0], nil
}

func checkOnly(s model.Scan) error {
	n := 0
	for _, only := range []bool{s.ScanOnlyInventory, s.ScanOnlyLinks, s.ScanOnlyCliques} {
		if only {
			n++
		}
	}
	if n > 1 {
		return &Error{Code: Invalid, Field: "scan_only_inventory",
			Message: "scan_only_inventory, scan_only_links, scan_only_cliques: at most one of them can be true"}
	}
	if n > 0 && s.ObjectID != "" && !s.ScanOnlyInventory {
		return &Error{Code: Invalid, Field: "object_id", Message: "object_id: it goes with a scan of the inventory, not with links or cliques alone"}
	}
	return nil
}

func orObject(objectType string) string {
	if objectType == "" {
		return "object"
	}
	return objectType
}

// NewID returns 24 random hexadecimal digits, the form of all document ids.
func NewID() string {
	b := make([]byte, 12)
	rand.Read(b)
	return hex.EncodeToString(b)
}
