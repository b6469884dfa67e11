package wire

import "time"

// EnvironmentList is a list of environments.
type EnvironmentList struct {
	Environments []EnvironmentEntry `json:"environment_configs"`
	Page
}

// EnvironmentEntry is an environment as lists show it.
type EnvironmentEntry struct {
	Name                string     `json:"name"`
	EnvironmentType     string     `json:"environment_type"`
	Distribution        string     `json:"distribution"`
	DistributionVersion string     `json:"distribution_version"`
	MechanismDrivers    []string   `json:"mechanism_drivers"`
	TypeDrivers         string     `json:"type_drivers"`
	Operational         string     `json:"operational"`
	Scanned             bool       `json:"scanned"`
	LastScanned         *time.Time `json:"last_scanned,omitempty"`
}

// HostKeyList is a list of SSH host keys.
type HostKeyList struct {
	HostKeys []HostKey `json:"host_keys"`
}

// HostKey is the SSH host key that a host of an environment must have.
type HostKey struct {
	Host        string    `json:"host"`        // address:port
	Fingerprint string    `json:"fingerprint"` // SHA256:…
	Accepted    time.Time `json:"accepted"`
}
