// Package prometheus checks with Prometheus' own code what Prometheus and Grafana are given.
package prometheus

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// TestAlerts checks the alerts as `promtool check rules` does, and that each is told of with a severity and a summary.
func TestAlerts(t *testing.T) {
	t.Parallel()
	groups, errs := rulefmt.ParseFile("alerts.yml", false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	if groups == nil || len(groups.Groups) == 0 {
		t.Fatal("there are no rules")
	}
	guide, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups.Groups {
		for _, rule := range group.Rules {
			if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" {
				t.Errorf("%s: no severity or no summary", rule.Alert)
			}
			if !bytes.Contains(guide, []byte("`"+rule.Alert+"`")) {
				t.Errorf("docs/monitoring.md does not say what to do about %s", rule.Alert)
			}
		}
	}
}

// TestDashboard parses what the dashboard asks for, as it is when Grafana has filled in its variables.
func TestDashboard(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../grafana/calipso.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title, Type string
			Targets     []struct{ Expr, LegendFormat string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("$environment", "lab", "$__rate_interval", "5m")
	promQL, label, asked := parser.NewParser(parser.Options{}), regexp.MustCompile(`\{\{(\w+)\}\}`), 0
	for _, panel := range dashboard.Panels {
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("%s asks for nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			asked++
			expr := fill.Replace(target.Expr)
			if _, err := promQL.ParseExpr(expr); err != nil {
				t.Errorf("%s: %v in %s", panel.Title, err, expr)
			}
			for _, name := range label.FindAllStringSubmatch(target.LegendFormat, -1) {
				if !strings.Contains(expr, name[1]) && name[1] != "instance" {
					t.Errorf("%s: the legend names %s, which %s does not keep", panel.Title, name[1], expr)
				}
			}
		}
	}
	if asked == 0 {
		t.Error("the dashboard asks for nothing")
	}
}

// TestScrape checks that the example has only keys that Prometheus knows.
func TestScrape(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("scrape.yml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Jobs []struct {
			Name      string `yaml:"job_name"`
			Scheme    string `yaml:"scheme"`
			BasicAuth struct {
				Username     string `yaml:"username"`
				PasswordFile string `yaml:"password_file"`
			} `yaml:"basic_auth"`
			Static []struct {
				Targets []string `yaml:"targets"`
			} `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		t.Fatal(err)
	}
	for _, job := range config.Jobs {
		if !strings.HasPrefix(job.Name, "calipso") || len(job.Static) != 1 || len(job.Static[0].Targets) == 0 {
			t.Errorf("job %q: the alerts look for jobs that begin with calipso; targets %v", job.Name, job.Static)
		}
	}
	if len(config.Jobs) == 0 {
		t.Error("there are no jobs")
	}
}
