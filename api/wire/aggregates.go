package wire

import "time"

// Aggregates are numbers of documents: of objects by type, of messages by level and environment, or of values of constants.
type Aggregates struct {
	Type       string                    `json:"type" enum:"environment,message,constant"`
	EnvName    string                    `json:"env_name,omitempty"`
	Aggregates map[string]map[string]int `json:"aggregates"`
}

// TimeZone is the server's.
type TimeZone struct {
	Name   string    `json:"tz_name"`
	Offset UTCOffset `json:"utc_offset"`
}

// UTCOffset is how much local time is ahead of UTC.
type UTCOffset struct {
	Hours   int `json:"hours"`
	Minutes int `json:"minutes"`
}

// Health is what is known of the server and of the environments that the user may see.
type Health struct {
	Version      string              `json:"version"`
	TimeZone     TimeZone            `json:"timezone"`
	Environments []EnvironmentHealth `json:"environments"`
}

// EnvironmentHealth says how an environment's last scan went.
type EnvironmentHealth struct {
	Name           string     `json:"name"`
	Scanned        bool       `json:"scanned"`
	LastScanStatus string     `json:"last_scan_status,omitempty"`
	LastScanned    *time.Time `json:"last_scanned,omitempty"`
}
