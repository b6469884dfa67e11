// Package ui makes the web monitor's pages: what they show, as data; the templates that turn it into HTML, where every
// name is text; and the few files that they load. Reading the data and answering requests is the API's.
package ui

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"time"

	"calipso.io/calipso/pkg/coverage"
	"calipso.io/calipso/pkg/model"
)

//go:embed *.html static
var files embed.FS

// ContentSecurityPolicy is what the pages need: their own files, and nothing inline.
const ContentSecurityPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Pages are the templates, ready to be executed. They can be used by many goroutines.
type Pages struct{ templates *template.Template }

// New parses the templates.
func New() *Pages {
	functions := template.FuncMap{"status": statusOf, "level": levelOf, "took": took, "text": messageText, "count": counted,
		"cell": cellOf, "percent": percent, "operational": operationalOf, "cause": causeOf, "errors": countErrors,
		"seconds": seconds, "add": func(a, b int) int { return a + b }}
	return &Pages{template.Must(template.New("ui").Funcs(functions).ParseFS(files, "*.html"))}
}

// Static returns the files that pages load.
func Static() fs.FS {
	static, err := fs.Sub(files, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return static
}

// Write writes a page, or a part of one, by its template's name.
func (p *Pages) Write(w io.Writer, name string, data any) error {
	if err := p.templates.ExecuteTemplate(w, name, data); err != nil {
		return fmt.Errorf("write page %s: %w", name, err)
	}
	return nil
}

// Fragments returns the parts of the fleet's page that change, by the ids of their elements.
func (p *Pages) Fragments(f *Fleet) (map[string]string, error) {
	parts := map[string]any{}
	for i := range f.Environments {
		parts[f.Environments[i].Key] = &f.Environments[i]
	}
	html := map[string]string{}
	for key, data := range parts {
		if err := p.fragment(html, key, "environment", data); err != nil {
			return nil, err
		}
	}
	for _, section := range []string{"totals", "scans", "queues", "workers", "messages"} {
		if err := p.fragment(html, section, section, f); err != nil {
			return nil, err
		}
	}
	return html, nil
}

func (p *Pages) fragment(html map[string]string, key, name string, data any) error {
	var text strings.Builder
	if err := p.Write(&text, name, data); err != nil {
		return err
	}
	html[key] = strings.TrimSpace(text.String())
	return nil
}

// Mark is how a status looks: a sign, a word, and the class of its colour. None of them is needed to understand it.
type Mark struct{ Sign, Word, Class string }

func statusOf(status string) Mark {
	switch status {
	case model.ScanCompleted:
		return Mark{"✓", status, "good"}
	case model.ScanCompletedWithErrors:
		return Mark{"!", "with errors", "warn"}
	case model.ScanFailed:
		return Mark{"✗", status, "bad"}
	case model.ScanAborted:
		return Mark{"■", status, "warn"}
	case model.ScanRunning:
		return Mark{"▶", status, "busy"}
	case model.ScanPending:
		return Mark{"⋯", "waiting", "busy"}
	case "":
		return Mark{"–", "never", "none"}
	}
	return Mark{"·", status, "none"}
}

func operationalOf(state string) Mark {
	switch state {
	case model.OperationalRunning:
		return Mark{"✓", "up", "good"}
	case model.OperationalError:
		return Mark{"✗", state, "bad"}
	}
	return Mark{"–", "unknown", "none"} // nobody has asked
}

func causeOf(status string) Mark {
	switch status {
	case model.ResultFailed:
		return Mark{"✗", status, "bad"}
	case coverage.StatusWarning:
		return Mark{"!", status, "warn"}
	}
	return Mark{"?", status, "warn"}
}

func levelOf(level string) Mark {
	switch level {
	case model.LevelInfo, "debug", "notice":
		return Mark{"i", level, "none"}
	case model.LevelWarn:
		return Mark{"!", level, "warn"}
	}
	return Mark{"✗", level, "bad"}
}

// cellOf is how a cell of the coverage looks.
func cellOf(row *model.CoverageRow) Mark {
	if row == nil {
		return Mark{}
	}
	word := fmt.Sprintf("%s: %s, %d found", row.Fetcher, row.Status, row.Found)
	if row.Error != "" {
		word += ": " + row.Error
	}
	marks := map[string]Mark{model.ResultOK: {"●", word, "good"}, model.ResultEmpty: {"○", word, "none"},
		model.ResultFailed: {"✗", word, "bad"}, model.ResultNotReached: {"?", word, "warn"}}
	mark := marks[row.Status]
	if n := len(row.Warnings); n > 0 {
		mark.Sign, mark.Class = mark.Sign+"!", "warn"
		mark.Word += ", " + counted(n, "warning")
	}
	return mark
}

// countErrors counts messages of the level error and of worse ones.
func countErrors(levels map[string]int) (n int) {
	for _, level := range model.Levels() {
		if n += levels[level]; level == model.LevelError {
			break
		}
	}
	return n
}

// seconds is how long a scan took, to sort by.
func seconds(scan *model.Scan) float64 {
	if scan.StartTimestamp == nil || scan.EndTimestamp == nil {
		return 0
	}
	return scan.EndTimestamp.Sub(*scan.StartTimestamp).Seconds()
}

func took(scan *model.Scan) string {
	if scan.StartTimestamp == nil || scan.EndTimestamp == nil {
		return ""
	}
	d := scan.EndTimestamp.Sub(*scan.StartTimestamp)
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func messageText(m model.Message) string {
	if text, ok := m.Message.(string); ok {
		return text
	}
	return "notification of " + m.SourceSystem
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// percent is how much of a phase is done, for people who can't see the bar.
func percent(p model.PhaseProgress) int {
	if p.Total == 0 {
		return 0
	}
	return 100 * (p.Done + p.Failed) / p.Total
}
