package api

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"calipso.io/calipso/api/ui"
	"calipso.io/calipso/pkg/model"
)

const asBrowser = "Accept: text/html,application/xhtml+xml"

// withFleet registers environments, with scans in several states, and names that would do harm if they were HTML.
func withFleet(t *testing.T) (s *site, running string) {
	t.Helper()
	s, _ = withCloud(t)
	for _, name := range []string{"idle", "broken"} {
		s.call("POST", "/environment_configs", otherDoc(name)).want(201)
	}
	running = s.submit()
	s.submit() // which waits
	started := s.clock.Now()
	s.update(running, func(scan *model.Scan) {
		scan.Status, scan.Phase, scan.StartTimestamp = model.ScanRunning, model.PhaseInventory, &started
	})
	s.putSteps(model.Step{ID: running + "/1", Scan: running, Phase: model.PhaseInventory, Status: model.StepDone, ParentType: "host", ParentID: hostile,
		Results: []model.Result{{Fetcher: hostile, Status: model.ResultFailed, Error: hostile}}},
		model.Step{ID: running + "/2", Scan: running, Phase: model.PhaseInventory, Status: model.StepRunning, ParentType: "host", ParentID: "node-2", Started: &started, Worker: hostile})
	failed := s.call("POST", "/scans", `{"environment":"broken"}`).want(201)["id"].(string)
	s.update(failed, func(scan *model.Scan) {
		scan.Status, scan.Error, scan.StartTimestamp, scan.EndTimestamp = model.ScanFailed, hostile, &started, &started
		scan.Summary = &model.ScanSummary{Objects: map[string]int{"host": 41, "hosts_folder": 3}, Stale: 17, Failures: 23}
	})
	_, err := s.db.Messages.Insert(t.Context(), model.Message{ID: "m", Environment: "broken", Level: model.LevelError, Message: hostile, Timestamp: started, OriginID: running})
	if err == nil {
		err = s.db.Schedules.Create(t.Context(), model.ScheduledScan{ID: "s", Environment: "idle", ScheduledTimestamp: started.Add(time.Hour)})
	}
	if err == nil {
		_, err = s.db.Environments.Update(t.Context(), "broken", func(e *model.Environment) error {
			e.Operational, e.OperationalReason = model.OperationalError, hostile
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, running
}

var (
	tags   = regexp.MustCompile(`<[^>]*>`)
	values = regexp.MustCompile(`"[^"]*"`)
	inline = regexp.MustCompile(`(?i)<script>|<style|\sstyle=|\son[a-z]+=|<img|<svg|<iframe`)
)

// harm returns the first tag of a page that is not the page's own, or that does what its policy forbids.
func harm(page string) string {
	for _, tag := range tags.FindAllString(values.ReplaceAllString(page, `""`), -1) {
		if inline.MatchString(tag) {
			return tag
		}
	}
	return ""
}

// row is the text of the row of an environment.
func row(page, environment string) string {
	_, rest, _ := strings.Cut(page, `id="`+ui.EnvironmentKey(environment)+`"`)
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "</tr>")
	return strings.Join(strings.Fields(tags.ReplaceAllString(text, " ")), " ")
}

func TestFleetPage(t *testing.T) {
	t.Parallel()
	s, running := withFleet(t)
	a := s.call("GET", "/monitor?status=failed&sort=3", "", asBrowser)
	page := a.Body.String()
	for environment, want := range map[string]string{
		"lab":    "lab – unknown – never 50% 0% 0% 0% inventory 1/2 1 waiting",
		"broken": "broken ✗ error ✗ failed 2026-03-04 12:00 0s 41 17 23",
		"idle":   "idle – unknown – never 2026-03-04 13:00",
	} {
		if got := row(page, environment); got != want {
			t.Errorf("the row is %q, want %q", got, want)
		}
	}
	text := strings.Join(strings.Fields(tags.ReplaceAllString(page, " ")), " ")
	for _, want := range []string{"3 environments 1 scans running 1 waiting 1 not complete 17 stale objects 1 errors in 24 h", "scan 3 0 0 0", "no worker runs"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page: %s", want, text)
		}
	}
	if csp := a.Header().Get("Content-Security-Policy"); csp != ui.ContentSecurityPolicy || strings.Contains(csp, "unsafe") {
		t.Errorf("the page may be used thus: %q", csp)
	}
	for _, path := range []string{"/monitor", "/monitor/scans/" + running} {
		page := s.call("GET", path, "", asBrowser).Body.String()
		if found := harm(page); found != "" {
			t.Errorf("%s has something inline, or a name is HTML: %q", path, found)
		}
		if !strings.Contains(page, "&lt;img src=x onerror=alert(1)&gt;") {
			t.Errorf("%s does not show the name", path)
		}
		for _, file := range regexp.MustCompile(`(?:src|href)="(/monitor/static/[^"]+)"`).FindAllStringSubmatch(page, -1) {
			if a := s.call("GET", file[1], ""); a.Code != 200 || a.Body.Len() == 0 {
				t.Errorf("%s needs %s: status %d", path, file[1], a.Code)
			}
		}
	}
	s.call("GET", "/monitor/scans/none", "", asBrowser).want(404)
}

// TestMonitorLogin: who comes by a browser is led to the form and back; others are told what they need.
func TestMonitorLogin(t *testing.T) {
	t.Parallel()
	s, password := withAdmin(t)
	for _, path := range []string{"/", "/monitor", "/monitor/scans/x"} {
		a := s.anonymous("GET", path, "", asBrowser)
		if got := a.Header().Get("Location"); a.Code != http.StatusSeeOther || got != "/login?next="+url.QueryEscape(path) {
			t.Errorf("%s: status %d, to %q", path, a.Code, got)
		}
		s.anonymous("GET", path, "").want(401)
	}
	form := url.Values{"username": {"admin"}, "password": {password}, "next": {"/"}}
	a := s.anonymous("POST", "/login", form.Encode(), "Content-Type: application/x-www-form-urlencoded")
	cookie := "Cookie: " + strings.Split(a.Header().Get("Set-Cookie"), ";")[0]
	if a := s.anonymous("GET", "/", "", asBrowser, cookie); a.Code != http.StatusSeeOther || a.Header().Get("Location") != "/monitor" {
		t.Errorf("status %d, to %q", a.Code, a.Header().Get("Location"))
	}
	if a := s.anonymous("GET", "/monitor", "", asBrowser, cookie); a.Code != 200 {
		t.Errorf("status %d", a.Code)
	}
}

// TestAbortButton: it aborts, but not for a page of another site.
func TestAbortButton(t *testing.T) {
	t.Parallel()
	s, running := withFleet(t)
	path := "/monitor/scans/" + running
	if page := s.call("GET", path, "", asBrowser).Body.String(); !strings.Contains(page, `action="`+path+`/abort"`) {
		t.Error("there is no button")
	}
	s.call("POST", path+"/abort", "", "Sec-Fetch-Site: cross-site", "Origin: https://evil.example").want(403)
	s.call("GET", path+"/abort", "").want(405)
	for range 2 { // the second time it has ended already
		if a := s.call("POST", path+"/abort", "", "Sec-Fetch-Site: same-origin"); a.Code != http.StatusSeeOther || a.Header().Get("Location") != path {
			t.Errorf("status %d, to %q", a.Code, a.Header().Get("Location"))
		}
	}
	if page := s.call("GET", path, "", asBrowser).Body.String(); s.status(running) != "aborted" || strings.Contains(page, "/abort") {
		t.Errorf("status %v; can it be aborted once more? %v", s.status(running), strings.Contains(page, "/abort"))
	}
	s.call("POST", "/monitor/scans/none/abort", "").want(404)
}

// TestFleetEvents: the first event has the whole page, those after it what has changed; they end with the login.
func TestFleetEvents(t *testing.T) {
	t.Parallel()
	s, running := withFleet(t)
	server := httptest.NewServer(s.handler)
	t.Cleanup(server.Close)
	request, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/monitor/events", nil)
	request.Header.Set("X-Auth-Token", localToken)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	next := func() (u update) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &u); err != nil {
					t.Fatal(err)
				}
				return u
			}
		}
		t.Fatal("the events have ended")
		return u
	}
	lab := ui.EnvironmentKey("lab")
	if u := next(); len(u.Replace) != 3+5 || !strings.Contains(u.Replace[lab], "inventory 1/2") || harm(u.Replace["messages"]+u.Replace[lab]) != "" {
		t.Errorf("first: %+v", u)
	}
	s.putSteps(model.Step{ID: running + "/2", Scan: running, Phase: model.PhaseInventory, Status: model.StepDone})
	if u := next(); len(u.Replace) != 2 || !strings.Contains(u.Replace[lab], "inventory 2/2") || u.Replace["scans"] == "" {
		t.Errorf("second: %+v", u)
	}
	s.call("DELETE", "/environment_configs/idle", "").want(200)
	if u := next(); len(u.Remove) != 1 || u.Remove[0] != ui.EnvironmentKey("idle") || len(u.Replace) != 1 {
		t.Errorf("third: %+v", u)
	}
}
