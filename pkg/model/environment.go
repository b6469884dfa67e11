package model

import (
	"fmt"
	"strconv"
	"time"
)

// Environment is a cloud that Calipso discovers: a document of environments_config.
type Environment struct {
	Name                string     `json:"name"`
	Type                string     `json:"type"`                       // always "environment"
	EnvironmentType     string     `json:"environment_type,omitempty"` // OpenStack when empty
	Distribution        string     `json:"distribution"`
	DistributionVersion string     `json:"distribution_version"`
	MechanismDrivers    []string   `json:"mechanism_drivers"`
	TypeDrivers         string     `json:"type_drivers"`
	AppPath             string     `json:"app_path,omitempty"`
	Listen              bool       `json:"listen"`
	Scanned             bool       `json:"scanned"`
	LastScanned         *time.Time `json:"last_scanned,omitempty"`
	EnableMonitoring    bool       `json:"enable_monitoring"`
	MonitoringSetupDone bool       `json:"monitoring_setup_done,omitempty"`
	ACIEnabled          bool       `json:"aci_enabled,omitempty"`
	Operational         string     `json:"operational"` // OperationalStopped, OperationalRunning or OperationalError
	OperationalReason   string     `json:"operational_reason,omitempty"`
	User                string     `json:"user,omitempty"`
	Auth                *EnvAuth   `json:"auth,omitempty"`
	Limits              Limits     `json:"limits,omitempty"`
	ReconcileMinutes    *int       `json:"reconcile_minutes,omitempty"` // see ReconcileEvery
	Configuration       []Section  `json:"configuration"`
}

// EnvAuth says which users may see and which may change an environment.
type EnvAuth struct {
	ViewEnv []string `json:"view-env"`
	EditEnv []string `json:"edit-env"`
}

// Whether an environment's interfaces answer: of one that wants to be listened to, its message bus, and of others what
// scans read. When a scan could read nothing it is OperationalError.
const (
	OperationalStopped = "stopped" // nobody has asked them, or nobody listens
	OperationalRunning = "running"
	OperationalError   = "error"
)

// Names of configuration sections.
const (
	SectionOpenStack = "OpenStack"
	SectionMySQL     = "mysql"
	SectionCLI       = "CLI"
	SectionAMQP      = "AMQP"
	SectionACI       = "ACI"

	SectionMonitoring = "Monitoring"
	SectionKubernetes = "Kubernetes"
)

// EnvironmentOpenStack is the environment type of OpenStack clouds, and the default.
const EnvironmentOpenStack = "OpenStack"

// Section is one part of an environment's configuration: how to reach one of the cloud's interfaces. It is a flat map
// that always has the key "name"; which other keys it may have depends on the name and is in validate_sections.go.
type Section map[string]any

// Name returns the section's name.
func (s Section) Name() string { return s.Str("name") }

// Str returns the value of a key as text; numbers are written in decimal.
func (s Section) Str(key string) string { return textOf(s[key]) }

// Section returns the section with the given name, or nil.
func (e *Environment) Section(name string) Section {
	for _, s := range e.Configuration {
		if s.Name() == name {
			return s
		}
	}
	return nil
}

// Kind returns the environment type, OpenStack when none is set.
func (e *Environment) Kind() string {
	if e.EnvironmentType == "" {
		return EnvironmentOpenStack
	}
	return e.EnvironmentType
}

// textOf writes a decoded JSON or YAML scalar as text; other values give "".
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil, []any, map[string]any:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}
