package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

func scanParams() []param {
	return paged(text("env_name"), documentID("id"), text("base_object").many(), oneOf("status", scanStatuses()...).many())
}

func scanStatuses() []string {
	return []string{model.ScanDraft, model.ScanPending, model.ScanRunning, model.ScanCompleted,
		model.ScanCompletedWithErrors, model.ScanFailed, model.ScanAborted}
}

// scanEntry is a scan as lists show it.
type scanEntry struct {
	ID          string     `json:"id"`
	Environment string     `json:"environment"`
	Status      string     `json:"status"`
	Inventory   string     `json:"inventory"`
	Submitted   time.Time  `json:"submit_timestamp"`
	Started     *time.Time `json:"start_timestamp,omitempty"`
	Ended       *time.Time `json:"end_timestamp,omitempty"`
}

// wholeScan is a scan with its progress.
type wholeScan struct {
	model.Scan
	ID       string                `json:"id"`
	Progress []model.PhaseProgress `json:"progress"`
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
	entries := make([]scanEntry, 0, len(scans))
	for _, scan := range scans {
		entries = append(entries, scanEntry{ID: scan.ID, Environment: scan.Environment, Status: scan.Status, Inventory: scan.Inventory,
			Submitted: scan.SubmitTimestamp, Started: scan.StartTimestamp, Ended: scan.EndTimestamp})
	}
	c.JSON(http.StatusOK, gin.H{"scans": entries})
	return nil
}

// getScan answers GET /scans/{id}: the whole scan with its progress.
func (s *server) getScan(c *gin.Context, _ query) error { return s.writeScan(c, c.Param("id")) }

func (s *server) writeScan(c *gin.Context, id string) error {
	now, err := s.scanState(c.Request.Context(), id)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wholeScan{Scan: now.Scan, ID: now.Scan.ID, Progress: now.Progress})
	return nil
}

func (s *server) stepsOf(ctx context.Context, scan string) ([]model.Step, error) {
	return s.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan)))
}
