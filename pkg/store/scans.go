package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"calipso.io/calipso/pkg/model"
)

// SubmitScan writes a request for a scan, of which the caller set what is to be done, with the status pending, or draft
// if it has that. CheckScan says which errors have the code Invalid. Where the caller chose the scan's id and there is a
// scan with it already, that one is returned as it is: asking twice is asking once.
func (db *DB) SubmitScan(ctx context.Context, scan model.Scan, now time.Time) (model.Scan, error) {
	if scan.ID == "" {
		scan.ID = NewID()
	} else if before, err := db.Scans.Get(ctx, scan.ID); CodeOf(err) != NotFound {
		return before, err
	}
	scan, err := db.CheckScan(ctx, scan)
	if err != nil {
		return scan, err
	}
	if scan.Generation, err = db.NextGeneration(ctx, scan.Environment); err != nil {
		return scan, err
	}
	if scan.Status != model.ScanDraft {
		scan.Status = model.ScanPending
	}
	scan.SubmitTimestamp = now.UTC()
	if n, err := db.Scans.Insert(ctx, scan); err != nil || n == 1 {
		return scan, err
	}
	return db.Scans.Get(ctx, scan.ID) // somebody else was faster
}

// CheckScan makes sure that a scan can be done. The environment must exist, and a single object, if one is named, must be
// in the inventory (by its id, and by its type where that is given); else the error has the code Invalid and names the
// field, or Forbidden where the environment may not be scanned. It returns the scan with the inventory's name and the object's type filled in.
func (db *DB) CheckScan(ctx context.Context, scan model.Scan) (model.Scan, error) {
	if _, err := db.Environments.Get(ctx, scan.Environment); CodeOf(err) == NotFound {
		return scan, &Error{Code: Invalid, Field: "environment", Message: "environment: there is no environment \"" + scan.Environment + "\""}
	} else if err != nil {
		return scan, err
	}
	if err := cmp.Or(db.MayEdit(scan.Environment), checkOnly(scan)); err != nil {
		return scan, err
	}
	inv, err := db.Inventory(ctx, scan.Inventory)
	if err != nil {
		return scan, err
	}
	scan.Inventory = inv.Name
	if scan.ObjectID == "" {
		return scan, nil
	}
	object, err := inv.OneObject(ctx, scan.Environment, scan.ObjectType, scan.ObjectID)
	scan.ObjectType = object.Type
	return scan, err
}

// SubmitScanIfIdle is SubmitScan, unless a scan of the environment waits or runs: then the error has the code Conflict
// and names that scan. Of several that are submitted so at once, one is.
func (db *DB) SubmitScanIfIdle(ctx context.Context, scan model.Scan, now time.Time) (model.Scan, error) {
	scan.Status = model.ScanDraft // nobody begins it before it is known to be the only one
	scan, err := db.SubmitScan(ctx, scan, now)
	if err != nil {
		return scan, err
	}
	if err = db.claimIdle(ctx, scan); err != nil {
		_, _ = db.Scans.Delete(ctx, IDs(scan.ID))
		return scan, err
	}
	return db.ReleaseDraft(ctx, scan.ID, now)
}

// claimIdle lets a draft pass if no scan of its environment waits or runs. Of several drafts one passes: it notes its
// generation, and the others see a draft with the noted one as a scan that waits.
func (db *DB) claimIdle(ctx context.Context, scan model.Scan) error {
	name := "idle/" + scan.Environment
	if _, err := db.Counters.Insert(ctx, Counter{Name: name}); err != nil {
		return err
	}
	_, err := db.Counters.Update(ctx, name, func(c *Counter) error {
		others, err := db.Scans.Find(ctx, Where(Is(Environment, scan.Environment),
			Is(Status, model.ScanDraft, model.ScanPending, model.ScanRunning)))
		if err != nil {
			return err
		}
		for _, other := range others {
			if other.ID != scan.ID && (other.Status != model.ScanDraft || other.Generation == c.Value) {
				return Errorf(Conflict, "scan %s of environment %s is %s", other.ID, scan.Environment, other.Status)
			}
		}
		c.Value = scan.Generation
		return nil
	})
	return err
}

// ReleaseDraft makes a draft pending, so that it is done. It is an error with the code Conflict when it is none.
func (db *DB) ReleaseDraft(ctx context.Context, id string, now time.Time) (model.Scan, error) {
	return db.Scans.Update(ctx, id, func(s *model.Scan) error {
		if s.Status != model.ScanDraft {
			return Errorf(Conflict, "scan %s is %s, not a draft", id, s.Status)
		}
		s.Status, s.SubmitTimestamp = model.ScanPending, now.UTC()
		return nil
	})
}

// AbortScan ends a scan that has not ended: its steps are no longer handed out, and those that run are stopped. What it
// found so far stays, and nothing is removed. It is an error with the code Conflict when the scan has ended already.
func (db *DB) AbortScan(ctx context.Context, id string, now time.Time) (model.Scan, error) {
	now = now.UTC()
	scan, err := db.Scans.Update(ctx, id, func(s *model.Scan) error {
		if model.Ended(s.Status) {
			return Errorf(Conflict, "scan %s has ended: it is %s", id, s.Status)
		}
		s.Status, s.EndTimestamp = model.ScanAborted, &now
		return nil
	})
	if err != nil {
		return scan, err
	}
	_, err = db.Messages.Insert(ctx, scan.Message("aborted", model.LevelWarn, "scan "+id+" was aborted", now))
	return scan, errors.Join(err, db.AbortSteps(ctx, id, now))
}

// AbortSteps ends the steps of an aborted scan, which stops those that work on them.
func (db *DB) AbortSteps(ctx context.Context, scan string, now time.Time) error {
	now = now.UTC()
	open, err := db.Steps.IDs(ctx, Where(Is(ScanID, scan), Is(Status, model.StepPending, model.StepRunning)))
	if err != nil {
		return err
	}
	for _, id := range open {
		_, err := db.Steps.Update(ctx, id, func(s *model.Step) error {
			if s.Status == model.StepPending || s.Status == model.StepRunning {
				s.Status, s.Ended, s.Error = model.StepAborted, &now, "the scan was aborted"
			}
			return nil
		})
		if err != nil && CodeOf(err) != NotFound {
			return err
		}
	}
	return nil
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
