package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// releaseScan answers PUT /scans/{id} with the status pending: a draft is done from now on.
func (s *server) releaseScan(c *gin.Context, _ query) error {
	body, err := decodeBody[wire.ScanStatus](c)
	if err != nil {
		return err
	}
	if body.Status != model.ScanPending {
		return invalid("status", "must be "+model.ScanPending+", which releases a draft")
	}
	scan, err := s.DB.ReleaseDraft(c.Request.Context(), c.Param("id"), s.Now())
	if err != nil {
		return err
	}
	s.enqueueScan(c, scan)
	c.JSON(http.StatusOK, wire.Done{ID: scan.ID, Message: "released the scan of environment " + scan.Environment})
	return nil
}

// abortScan answers POST /scans/{id}/abort: a scan that has not ended ends, and what it found so far stays.
func (s *server) abortScan(c *gin.Context, _ query) error {
	scan, err := s.DB.AbortScan(c.Request.Context(), c.Param("id"), s.Now())
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Done{ID: scan.ID, Message: "aborted the scan of environment " + scan.Environment})
	return nil
}
