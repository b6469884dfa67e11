package api

import (
	"cmp"
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/tasks"
)

func logLevels() []string {
	return []string{"critical", "error", "warning", "info", "debug", "notset"}
}

// scanWish is what bodies that ask for scans have in common: what is to be scanned, and how.
type scanWish struct {
	Environment string `json:"environment"`
	EnvName     string `json:"env_name"` // another name of the same
	model.ScanOptions
}

// scanRequest is the body of POST /scans.
type scanRequest struct {
	scanWish
	Status string `json:"status"` // pending, whether it is said or not
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
	if err := checkOneOf(r.Status, []string{"", model.ScanPending}); err != nil {
		return model.Scan{}, invalid("status", "must be pending: other scans would not be done")
	}
	return r.scanWish.scan()
}

func (w scanWish) scan() (model.Scan, error) {
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
	return model.Scan{Environment: environment, ScanOptions: w.ScanOptions}, nil
}
