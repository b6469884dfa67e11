package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/ui"
	"calipso.io/calipso/pkg/store"
)

func monitorRoutes() []route {
	return []route{
		{"GET", "/", page, nil, (*server).toMonitor,
			doc{about: "Go to the monitor.", status: http.StatusSeeOther}},
		{"GET", fleetPath, page, undeclared(), (*server).fleetPage,
			doc{about: "The monitor: all environments at a glance.", answer: "", media: mediaHTML}}, // its script keeps there what is sorted and filtered,
		{"GET", fleetPath + "/events", login, nil, (*server).fleetEvents,
			doc{about: "What changes on the monitor, as events named update; the event end says that the login has ended.", answer: update{}, media: mediaEvents}},
		{"GET", fleetPath + "/scans/:id", page, nil, (*server).scanPage,
			doc{about: "The monitor's page of a scan.", answer: "", media: mediaHTML}},
		{"POST", fleetPath + "/scans/:id/abort", page, nil, (*server).abortForm,
			doc{about: "The button of the monitor that aborts a scan.", status: http.StatusSeeOther}},
		{"GET", fleetPath + "/static/:file", login, nil, (*server).static,
			doc{about: "The style sheet and the script of the monitor.", answer: "", media: "text/css", also: []string{"text/javascript", "image/svg+xml"}}},
	}
}

// fleetPath is where the monitor of the fleet is.
const fleetPath = "/monitor"

// toMonitor answers GET /.
func (s *server) toMonitor(c *gin.Context, _ query) error {
	c.Redirect(http.StatusSeeOther, fleetPath)
	return nil
}

// fleetPage answers GET /monitor: all environments at a glance.
func (s *server) fleetPage(c *gin.Context, _ query) error {
	fleet, err := s.fleet(c.Request.Context())
	if err != nil {
		return err
	}
	return s.writePage(c, "fleet.html", fleet)
}

// scanPage answers GET /monitor/scans/{id}.
func (s *server) scanPage(c *gin.Context, _ query) error {
	ctx, id := c.Request.Context(), c.Param("id")
	scan, err := s.DB.Scans.Get(ctx, id)
	if err != nil {
		return err
	}
	steps, err := s.stepsOf(ctx, id)
	if err != nil {
		return err
	}
	messages, err := s.DB.Messages.Find(ctx, store.Query{Where: []store.Cond{store.Is(store.OriginID, id)},
		Sort: []store.Order{{By: store.Timestamp, Desc: true}}, Limit: 50})
	if err != nil {
		return err
	}
	return s.writePage(c, "scan.html", ui.NewScan(scan, steps, messages))
}

// abortForm answers POST /monitor/scans/{id}/abort, the button of a scan's page. As all requests that change something,
// it is refused when a page of another origin sends it.
func (s *server) abortForm(c *gin.Context, _ query) error {
	_, err := s.DB.AbortScan(c.Request.Context(), c.Param("id"), s.Now())
	if err != nil && store.CodeOf(err) != store.Conflict { // it has ended meanwhile, as the page will tell
		return err
	}
	c.Redirect(http.StatusSeeOther, fleetPath+"/scans/"+c.Param("id"))
	return nil
}

// static answers GET /monitor/static/{file}.
func (s *server) static(c *gin.Context, _ query) error {
	if file, err := fs.Stat(ui.Static(), c.Param("file")); err != nil || file.IsDir() {
		return s.noRoute(c, nil)
	}
	c.FileFromFS(c.Param("file"), http.FS(ui.Static()))
	return nil
}

// writePage writes a page as a whole, or nothing of it.
func (s *server) writePage(c *gin.Context, name string, data any) error {
	var page bytes.Buffer
	if err := s.pages.Write(&page, name, data); err != nil {
		return err
	}
	c.Header("Content-Security-Policy", ui.ContentSecurityPolicy)
	c.Data(http.StatusOK, "text/html; charset=utf-8", page.Bytes())
	return nil
}

// boardKey is the same for all who see the same environments, and so the same monitor.
func (s *server) boardKey() string {
	visible, all := s.rights.Visible()
	if all {
		return "*"
	}
	return strings.Join(visible, "\n")
}

// fragments makes what the board shows.
func (s *server) fragments(ctx context.Context) (map[string]string, error) {
	fleet, err := s.fleet(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.WarnContext(ctx, "the monitor can't be brought up to date", "error", err)
		}
		return nil, err
	}
	return s.pages.Fragments(fleet)
}

// fleetEvents answers GET /monitor/events: an event "update" with what has changed on the page, at most one a second;
// the first one has all. It ends when the login does, or when the user may see other environments than at its beginning.
func (s *server) fleetEvents(c *gin.Context, _ query) error {
	board, leave := s.boards.enter(s.boardKey(), s.fragments)
	defer leave()
	watch := s.watch()
	defer watch.Stop()
	var shown *frame
	for {
		latest, newer := board.look()
		if latest != nil && latest != shown {
			data, err := json.Marshal(latest.since(shown))
			if err != nil {
				return fmt.Errorf("encode an update: %w", err)
			}
			if err := sendEvent(c, "update", data); err != nil {
				return err
			}
			shown = latest
		}
		select {
		case <-newer:
		case <-watch.C:
			now, err := s.still(c)
			if err != nil || now.boardKey() != s.boardKey() {
				return sendEvent(c, "end", []byte("{}"))
			}
			if err := send(c, ": still there\n\n"); err != nil {
				return err
			}
		case <-c.Request.Context().Done():
			return c.Request.Context().Err()
		}
	}
}
