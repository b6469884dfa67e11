package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func scanRoutes() []route {
	return []route{
		{"GET", "/scans", login, scanParams(), (*server).listScans,
			doc{about: "List scans, the latest first; with an id, the whole scan.", answer: either{wire.ScanList{}, wire.WholeScan{}}}},
		{"POST", "/scans", login, nil, (*server).createScan,
			doc{about: "Ask for a scan.", body: wire.NewScan{ScanRequest: wire.ScanRequest{Environment: "lab"}}, answer: wire.Done{}, status: http.StatusCreated}},
		{"GET", "/scans/:id", login, nil, (*server).getScan,
			doc{about: "A scan, and how far it is.", answer: wire.WholeScan{}}},
		{"PUT", "/scans/:id", login, nil, (*server).releaseScan,
			doc{about: "Release a scan that is a draft.", body: wire.ScanStatus{Status: model.ScanPending}, answer: wire.Done{}}},
		{"POST", "/scans/:id/abort", login, nil, (*server).abortScan,
			doc{about: "Abort a scan; what it has found stays.", answer: wire.Done{}}},
		{"GET", "/scans/:id/events", login, nil, (*server).scanEvents,
			doc{about: "Follow a scan: an event named progress whenever its state is another one, and the event end.", answer: wire.ScanState{}, media: mediaEvents}},
	}
}

func scanParams() []param {
	return paged(text("env_name"), documentID("id"), text("base_object").many(), oneOf("status", scanStatuses()...).many())
}

func scanStatuses() []string {
	return []string{model.ScanDraft, model.ScanPending, model.ScanRunning, model.ScanCompleted,
		model.ScanCompletedWithErrors, model.ScanFailed, model.ScanAborted}
}

// listScans answers GET /scans: the latest scans first; with an id, the whole scan.
func (s *server) listScans(c *gin.Context, q query) error {
	ctx := c.Request.Context()
	if q.has("id") {
		return s.writeScan(c, q.text("id"))
	}
	conds := q.where(store.Status)
	if q.has("base_object") {
		conds = append(conds, store.Is(store.ObjectID, q.list("base_object")...))
	}
	if q.has("env_name") {
		if err := s.checkEnvironment(ctx, q.text("env_name")); err != nil {
			return err
		}
		conds = append(conds, store.Is(store.Environment, q.text("env_name")))
	}
	page := q.page(conds...)
	page.Sort = []store.Order{{By: store.Submitted, Desc: true}}
	scans, err := s.DB.Scans.Find(ctx, page)
	if err != nil {
		return err
	}
	entries := make([]wire.ScanEntry, 0, len(scans))
	for _, scan := range scans {
		entries = append(entries, wire.ScanEntry{ID: scan.ID, Environment: scan.Environment, Status: scan.Status, Inventory: scan.Inventory,
			SubmitTimestamp: scan.SubmitTimestamp, StartTimestamp: scan.StartTimestamp, EndTimestamp: scan.EndTimestamp})
	}
	c.JSON(http.StatusOK, wire.ScanList{Scans: entries, Page: next(q, page, scans, func(s *model.Scan) store.Place {
		return store.Place{Key: store.Time(s.SubmitTimestamp), ID: s.ID}
	})})
	return nil
}

// getScan answers GET /scans/{id}: the whole scan with its progress.
func (s *server) getScan(c *gin.Context, _ query) error { return s.writeScan(c, c.Param("id")) }

func (s *server) writeScan(c *gin.Context, id string) error {
	now, err := s.scanState(c.Request.Context(), id)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.WholeScan{Scan: now.Scan, Key: now.Scan.ID, Progress: now.Progress})
	return nil
}

func (s *server) stepsOf(ctx context.Context, scan string) ([]model.Step, error) {
	return s.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan)))
}
