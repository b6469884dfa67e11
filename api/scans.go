package api

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/tasks"
)

func scanParams() []param {
	return paged(text("env_name"), documentID("id"), text("base_object").many(), oneOf("status", scanStatuses()...).many())
}

func scanStatuses() []string {
	return []string{model.ScanDraft, model.ScanPending, model.ScanRunning, model.ScanCompleted,
		model.ScanCompletedWithErrors, model.ScanFailed, model.ScanAborted}
}

func logLevels() []string {
	return []string{"critical", "error", "warning", "info", "debug", "notset"}
}

// scanRequest is the body of POST /scans.
type scanRequest struct {
	Environment       string `json:"environment"`
	EnvName           string `json:"env_name"` // another name of the same
	Status            string `json:"status"`   // pending, whether it is said or not
	LogLevel          string `json:"log_level"`
	Clear             bool   `json:"clear"`
	ScanOnlyInventory bool   `json:"scan_only_inventory"`
	ScanOnlyLinks     bool   `json:"scan_only_links"`
	ScanOnlyCliques   bool   `json:"scan_only_cliques"`
	Inventory         string `json:"inventory"`
	ObjectID          string `json:"object_id"`
	ObjectType        string `json:"object_type"`
}

// scanEntry is a scan as lists show it.
type scanEntry struct {
	ID          string     `json:"id"`
	Environment string     `json:"environment"`
	Status      string     `json:"status"`
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
		entries = append(entries, scanEntry{ID: scan.ID, Environment: scan.Environment, Status: scan.Status,
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

// createScan answers POST /scans: it asks for a scan, which workers will do.
func (s *server) createScan(c *gin.Context, _ query) error {
	body, err := decodeBody[scanRequest](c)
	if err != nil {
		return err
	}
	request, err := body.scan()
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	scan, err := s.DB.SubmitScan(ctx, request, s.Now())
	if err != nil {
		return err
	}
	if err := s.Queue.Enqueue(ctx, tasks.StartScan{Scan: scan.ID}); err != nil {
		// The scheduler enqueues pending scans again: this one is only late.
		s.Log.WarnContext(ctx, "scan not enqueued", "scan", scan.ID, "request", requestID(c), "error", err)
	}
	c.JSON(http.StatusCreated, gin.H{"id": scan.ID, "message": "accepted a scan of environment " + scan.Environment})
	return nil
}

// scan checks the request's values and makes the scan of it.
func (r scanRequest) scan() (model.Scan, error) {
	environment := r.Environment
	if environment == "" {
		environment = r.EnvName
	}
	if environment == "" {
		return model.Scan{}, invalid("environment", "this key is missing")
	}
	if r.EnvName != "" && r.EnvName != environment {
		return model.Scan{}, invalid("env_name", "it means the same as environment, and says something else")
	}
	if err := checkOneOf(r.Status, []string{"", model.ScanPending}); err != nil {
		return model.Scan{}, invalid("status", "must be pending: other scans would not be done")
	}
	if err := checkOneOf(r.LogLevel, logLevels()); err != nil && r.LogLevel != "" {
		return model.Scan{}, invalid("log_level", "must be "+err.Error())
	}
	if r.ObjectType != "" && r.ObjectID == "" {
		return model.Scan{}, invalid("object_type", "it goes with object_id")
	}
	return model.Scan{Environment: environment, Inventory: r.Inventory, LogLevel: r.LogLevel, Clear: r.Clear,
		ScanOnlyInventory: r.ScanOnlyInventory, ScanOnlyLinks: r.ScanOnlyLinks, ScanOnlyCliques: r.ScanOnlyCliques,
		ObjectID: r.ObjectID, ObjectType: r.ObjectType}, nil
}

// scanCoverage answers GET /scans/{id}/coverage: what each fetcher did for each parent.
func (s *server) scanCoverage(c *gin.Context, _ query) error {
	ctx, id := c.Request.Context(), c.Param("id")
	if _, err := s.DB.Scans.Get(ctx, id); err != nil {
		return err
	}
	steps, err := s.stepsOf(ctx, id)
	if err != nil {
		return err
	}
	rows := model.Coverage(steps)
	if rows == nil {
		rows = []model.CoverageRow{}
	}
	c.JSON(http.StatusOK, gin.H{"coverage": rows})
	return nil
}

func (s *server) stepsOf(ctx context.Context, scan string) ([]model.Step, error) {
	return s.DB.Steps.Find(ctx, store.Where(store.Is(store.ScanID, scan)))
}
