package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/export"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

const importInventoryPath = "/import/inventory"

// DefaultImportLimit is how many bytes an imported inventory may have when nothing else is configured.
const DefaultImportLimit = 4 << 30

func importInventoryRoutes() []route {
	return []route{
		{"POST", importInventoryPath, login, params(text("env_name").must(), text("inventory").must(), flag("dry_run")), (*server).importInventory,
			doc{about: "Import an export of an environment as JSON lines into an inventory that has nothing of it: all of it, or nothing.",
				body: jsonLines{wire.ExportLine[any]{}}, answer: wire.InventoryImported{}, status: http.StatusCreated}},
	}
}

// inventoryImporter writes what is imported while it comes, in a generation of its own. Until all is there its record says that
// the import has failed, and nobody can open an alternate inventory by its name.
type inventoryImporter struct {
	*server
	ctx     context.Context
	c       *gin.Context
	inv     *store.Inventory
	record  model.Scan
	begun   bool
	dryRun  bool
	waiting batch
	done    wire.InventoryImported
}

// importInventory answers POST /import/inventory.
func (s *server) importInventory(c *gin.Context, q query) error {
	ctx, environment := c.Request.Context(), q.text("env_name")
	if err := s.checkEnvironment(ctx, environment); err != nil {
		return err
	}
	if err := s.DB.MayEdit(environment); err != nil {
		return err
	}
	inv, err := s.DB.Inventory(ctx, q.text("inventory"))
	if err != nil {
		return err
	}
	now := s.Now().UTC()
	i := &inventoryImporter{server: s, ctx: ctx, c: c, inv: inv, dryRun: q.flag("dry_run"),
		record: model.Scan{ID: store.NewID(), Environment: environment, Status: model.ScanFailed, OriginType: model.OriginImport,
			ScanOptions: model.ScanOptions{Inventory: inv.Name}, SubmitTimestamp: now, StartTimestamp: &now, Error: "the import has not come to its end",
			Summary: &model.ScanSummary{Objects: map[string]int{}}}}
	if err := i.run(); err != nil {
		i.drop()
		return cmp.Or(bodyError(err), err)
	}
	c.JSON(http.StatusCreated, i.done)
	return nil
}

func (i *inventoryImporter) run() error {
	if err := i.isFree(); err != nil {
		return err
	}
	if err := i.isEmpty(); err != nil {
		return err
	}
	if err := export.Read(i.c.Request.Body, i.record.Environment, i.take); err != nil {
		return err
	}
	if i.done.Objects+i.done.Links+i.done.Cliques == 0 {
		return store.Errorf(store.Invalid, "the body is empty: it must be the JSON lines of an export")
	}
	if err := i.flush(); err != nil {
		return err
	}
	return i.finish()
}

// isFree is an error while something else writes into the inventory.
func (i *inventoryImporter) isFree() error {
	return i.checkIdle(i.ctx, i.record.Environment, i.inv.Name)
}

// isEmpty is an error when the inventory has something of the environment already. What is left over of an import that did not
// come to its end goes first.
func (i *inventoryImporter) isEmpty() error {
	if err := i.dropLeftOver(); err != nil {
		return err
	}
	its := store.Is(store.Environment, i.record.Environment)
	objects, err1 := i.inv.Objects.Count(i.ctx, its)
	links, err2 := i.inv.Links.Count(i.ctx, its)
	cliques, err3 := i.inv.Cliques.Count(i.ctx, its)
	if err := errors.Join(err1, err2, err3); err != nil || objects+links+cliques == 0 {
		return err
	}
	return store.Errorf(store.Conflict, "inventory %s has %d objects, %d links and %d cliques of %s: import into one that has nothing of it, or delete that first (DELETE /inventory)",
		i.inv.Name, objects, links, cliques, i.record.Environment)
}

func (i *inventoryImporter) dropLeftOver() error {
	before, err := i.DB.Scans.Find(i.ctx, store.Where(store.Is(store.Environment, i.record.Environment), store.Is(store.Status, model.ScanFailed)))
	if err != nil || i.dryRun {
		return err
	}
	for _, scan := range before {
		if scan.OriginType == model.OriginImport && scan.Inventory == i.inv.Name {
			if err := i.forget(i.ctx, &scan); err != nil {
				return err
			}
		}
	}
	return nil
}

// take takes a line. Lines are written some at a time.
func (i *inventoryImporter) take(r export.Record) error {
	switch {
	case r.Object != nil:
		i.record.Summary.Objects[r.Object.Type]++
		i.done.Objects++
	case r.Link != nil:
		i.done.Links++
	default:
		i.done.Cliques++
	}
	if i.waiting.add(r); !i.waiting.full() {
		return nil
	}
	return i.flush()
}

// flush writes what waits.
func (i *inventoryImporter) flush() error {
	extendDeadline(i.c)
	if i.dryRun {
		i.waiting = batch{}
		return nil
	}
	if err := i.begin(); err != nil {
		return err
	}
	refused, err := i.waiting.put(i.ctx, i.inv, i.record.Generation)
	if err == nil && refused > 0 {
		err = store.Errorf(store.Conflict, "somebody else writes into inventory %s: try again when that is over", i.inv.Name)
	}
	i.waiting = batch{}
	return err
}

// begin writes the record, before anything is there that it tells of.
func (i *inventoryImporter) begin() (err error) {
	if i.begun {
		return nil
	}
	if i.record.Generation, err = i.DB.NextGeneration(i.ctx, i.record.Environment); err != nil {
		return err
	}
	i.inventories.Delete([2]string{i.record.Environment, i.inv.Name})
	i.begun = true
	return i.DB.Scans.Create(i.ctx, i.record)
}

// finish makes what was imported an inventory, unless it lost its place to somebody else meanwhile.
func (i *inventoryImporter) finish() error {
	i.done.Environment, i.done.Inventory, i.done.Written = i.record.Environment, i.inv.Name, !i.dryRun
	if i.dryRun {
		return nil
	}
	if err := i.isFree(); err != nil {
		return err
	}
	if err := i.checkEnvironment(i.ctx, i.record.Environment); err != nil {
		return err
	}
	_, err := i.DB.Scans.Update(i.ctx, i.record.ID, func(scan *model.Scan) error {
		now := i.Now().UTC()
		scan.Status, scan.Error, scan.EndTimestamp, scan.Summary = model.ScanCompleted, "", &now, i.record.Summary
		scan.Summary.Links, scan.Summary.Cliques = i.done.Links, i.done.Cliques
		return nil
	})
	if store.CodeOf(err) == store.NotFound {
		err = store.Errorf(store.Conflict, "another import into inventory %s has taken the place of this one", i.inv.Name)
	}
	return err
}

// drop removes what was written, also when nobody waits for the answer anymore. What can't be removed now the next import
// removes.
func (i *inventoryImporter) drop() {
	if !i.begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(i.ctx), time.Minute)
	defer cancel()
	if err := i.forget(ctx, &i.record); err != nil {
		i.Log.WarnContext(ctx, "what was written of a failed import is still there", "environment", i.record.Environment, "inventory", i.inv.Name,
			"request", requestID(i.c), "error", err)
	}
}

// forget removes what an import has written and nobody wrote over since, and then its record.
func (i *inventoryImporter) forget(ctx context.Context, record *model.Scan) error {
	its := []store.Cond{store.Is(store.Environment, record.Environment), store.Since(record.Generation), store.Older(record.Generation + 1)}
	if _, err := i.inv.Cliques.Delete(ctx, its...); err != nil {
		return err
	}
	if _, err := i.inv.Links.Delete(ctx, its...); err != nil {
		return err
	}
	if _, err := i.inv.Objects.Delete(ctx, its...); err != nil {
		return err
	}
	_, err := i.DB.Scans.Delete(ctx, store.IDs(record.ID))
	return err
}

// batch is what is written together.
type batch struct {
	objects []model.Object
	links   []model.Link
	cliques []model.Clique
	size    int // bytes of the lines
}

func (b *batch) add(r export.Record) {
	b.size += r.Size
	switch {
	case r.Object != nil:
		b.objects = append(b.objects, *r.Object)
	case r.Link != nil:
		b.links = append(b.links, *r.Link)
	default:
		b.cliques = append(b.cliques, *r.Clique)
	}
}

func (b *batch) full() bool {
	return b.size >= 8<<20 || len(b.objects)+len(b.links)+len(b.cliques) >= 1000
}

func (b *batch) put(ctx context.Context, inv *store.Inventory, generation int64) (refused int, err error) {
	n1, err1 := inv.Objects.Put(ctx, generation, b.objects...)
	n2, err2 := inv.Links.Put(ctx, generation, b.links...)
	n3, err3 := inv.Cliques.Put(ctx, generation, b.cliques...)
	return n1 + n2 + n3, errors.Join(err1, err2, err3)
}
