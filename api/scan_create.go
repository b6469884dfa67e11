package api

import (
	"cmp"
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/tasks"
)

func logLevels() []string {
	return []string{"critical", "error", "warning", "info", "debug", "notset"}
}

// createScan answers POST /scans: it asks for a scan, which workers will do.
func (s *server) createScan(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.NewScan](c)
	if err != nil {
		return err
	}
	request, err := scanOf(&body)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if err := s.checkScannable(ctx, request); err != nil {
		return err
	}
	submit := s.DB.SubmitScan
	if body.IfRunning == refuseIfRunning {
		submit = s.DB.SubmitScanIfIdle
	}
	scan, err := submit(ctx, request, s.Now())
	if err != nil {
		return err
	}
	s.enqueueScan(c, scan)
	c.JSON(http.StatusCreated, wire.Done{ID: scan.ID, Message: "accepted a scan of environment " + scan.Environment})
	return nil
}

// What is done about a scan that is asked for while another one of the environment waits or runs.
const (
	waitIfRunning   = "wait" // it is done after the other one; also when nothing is said
	refuseIfRunning = "refuse"
)

// enqueueScan asks workers to begin a scan, unless it is a draft.
func (s *server) enqueueScan(c *gin.Context, scan model.Scan) {
	if scan.Status == model.ScanDraft {
		return
	}
	ctx := c.Request.Context()
	if err := s.Queue.Enqueue(ctx, tasks.StartScan{Scan: scan.ID}); err != nil {
		// The scheduler enqueues pending scans again: this one is only late.
		s.Log.WarnContext(ctx, "scan not enqueued", "scan", scan.ID, "request", requestID(c), "error", err)
	}
}

// scanOf checks the request's values and makes the scan of it.
func scanOf(r *wire.NewScan) (model.Scan, error) {
	if err := checkStart(r); err != nil {
		return model.Scan{}, err
	}
	scan, err := wishedScan(&r.ScanRequest)
	scan.Status = r.Status
	return scan, err
}

func wishedScan(w *wire.ScanRequest) (model.Scan, error) {
	environment := cmp.Or(w.Environment, w.EnvName)
	if environment == "" {
		return model.Scan{}, invalid("environment", "this key is missing")
	}
	if w.EnvName != "" && w.EnvName != environment {
		return model.Scan{}, invalid("env_name", "it means the same as environment, and says something else")
	}
	if err := checkOneOf(w.LogLevel, logLevels()); err != nil && w.LogLevel != "" {
		return model.Scan{}, invalid("log_level", "must be "+err.Error())
	}
	if w.ObjectType != "" && w.ObjectID == "" {
		return model.Scan{}, invalid("object_type", "it goes with object_id")
	}
	return model.Scan{Environment: environment, ScanOptions: w.Options()}, nil
}

// checkStart checks what the request says of when the scan is to begin.
func checkStart(r *wire.NewScan) error {
	if err := checkOneOf(r.Status, []string{model.ScanPending, model.ScanDraft}); err != nil && r.Status != "" {
		return invalid("status", "must be "+err.Error())
	}
	if err := checkOneOf(r.IfRunning, []string{waitIfRunning, refuseIfRunning}); err != nil && r.IfRunning != "" {
		return invalid("if_running", "must be "+err.Error())
	}
	if r.Status == model.ScanDraft && r.IfRunning != "" {
		return invalid("if_running", "it does not go with a draft, which begins nothing")
	}
	return nil
}
