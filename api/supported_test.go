package api

import (
	"net/http"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
)

// unsupportedDoc is an environment that the table refuses: there was no Mercury before 10239.
var unsupportedDoc = strings.NewReplacer(`"Mirantis"`, `"Mercury"`, `"8.0"`, `"9000"`).Replace(otherDoc("old"))

const unsupportedText = "scanning is not supported with Mercury 9000, OVS, vxlan; the nearest that are: Mercury 11190, OVS, vxlan; " +
	"Mercury 10239, OVS, vlan; Mercury 10918, OVS, vlan; force=true does it anyway"

func TestUnsupportedEnvironments(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.call("POST", "/environment_configs", unsupportedDoc).wantError(http.StatusBadRequest, "400", "Bad Request", "distribution", "distribution: "+unsupportedText)
	s.call("POST", "/environment_configs?force=true", unsupportedDoc).want(http.StatusCreated)
	s.call("PUT", "/environment_configs/old", unsupportedDoc).wantError(http.StatusBadRequest, "400", "Bad Request", "distribution", "distribution: "+unsupportedText)
	s.call("PUT", "/environment_configs/old?force=true", unsupportedDoc).want(http.StatusOK)

	s.call("POST", "/scans", `{"environment":"old"}`).wantError(http.StatusBadRequest, "400", "Bad Request", "environment", "environment: "+unsupportedText)
	s.call("POST", "/scheduled_scans", `{"environment":"old","freq":"DAILY"}`).wantError(http.StatusBadRequest, "400", "Bad Request", "environment", "environment: "+unsupportedText)
	s.call("POST", "/scans", `{"environment":"old","force":true}`).want(http.StatusCreated)
	s.call("POST", "/scheduled_scans", `{"environment":"old","freq":"DAILY","force":true}`).want(http.StatusCreated)
}

func TestUnsupportedFeatures(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	doc := strings.NewReplacer(`"Mirantis"`, `"Stratoscale"`, `"8.0"`, `"2.1.6"`, `"vxlan"`, `"vlan"`,
		`"configuration":[`, `"configuration":[{"name":"AMQP","host":"10.0.0.1","port":5672,"user":"rabbit","pwd":"x"},`).Replace(otherDoc("quiet"))
	s.call("POST", "/environment_configs", doc).wantError(http.StatusBadRequest, "400", "Bad Request", "configuration[0].AMQP",
		"configuration[0].AMQP: remove the section: listening is not supported with Stratoscale 2.1.6, OVS, vlan; the nearest that are: "+
			"OpenStack (any version), OVS, vlan; Mirantis 6.0, OVS, vlan; RDO Icehouse, OVS, vlan; force=true does it anyway")
	s.call("POST", "/environment_configs?force=1", doc).want(http.StatusCreated)
}

func TestSupportedEnvironmentsAndConstants(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	rows := s.call("GET", "/supported_environments?distribution=Stratoscale", "")
	if got := rows.Body.String(); got != `{"supported_environments":[{"environment":{"distribution":["Stratoscale"],"distribution_version":["2.1.6"],`+
		`"mechanism_drivers":["OVS"],"type_drivers":["vlan"]},"features":{"scanning":true,"listening":false,"monitoring":true}}]}` {
		t.Error(got)
	}
	id := model.DBID("constant", "link_states")
	if got := s.call("GET", "/constants?name=link_states", "").Body.String(); got !=
		`{"_id":"`+id+`","id":"`+id+`","name":"link_states","data":[{"value":"up","label":"up"},{"value":"down","label":"down"}]}` {
		t.Error(got)
	}
	names := "configuration_targets, constraints, distribution_versions, distributions, env_types, environment_monitoring_types, " +
		"environment_operational_status, environment_provision_types, environment_types, link_states, link_types, log_levels, " +
		"mechanism_drivers, message_source_systems, messages_severity, monitoring_sides, object_types, object_types_for_links, " +
		"scan_object_types, scans_statuses, type_drivers"
	s.call("GET", "/constants?name=moons", "").wantError(http.StatusNotFound, "404", "Not Found", "", `there is no constant "moons"; there are `+names)
	s.call("GET", "/constants", "").wantError(http.StatusBadRequest, "400", "Bad Request", "name", "name: this parameter is missing")
}
