package api

import (
	"strings"
	"testing"
)

// TestWrongParameters: each kind of wrong parameter is refused with a message that says what is right.
func TestWrongParameters(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	tests := []struct{ name, path, field, message string }{
		{"unknown", "/inventory?env_name=lab&foo=1&bar=2&type=host", "", `unknown parameters: "bar", "foo"`},
		{"unknown where there are none", "/scans/5c/coverage?x=1", "", `unknown parameters: "x"`},
		{"unknown and hostile", "/links?env_name=lab&%22%3E%3Cscript%3E=1", "", `unknown parameters: "\"><script>"`},
		{"missing", "/links", "env_name", "env_name: this parameter is missing"},
		{"missing in a list", "/links?link_type=a", "env_name", "env_name: this parameter is missing"},
		{"blank", "/inventory?env_name=lab&type=", "type", "type: the value is blank"},
		{"of blanks", "/inventory?env_name=%20%20", "env_name", "env_name: the value is blank"},
		{"without value", "/inventory?env_name=lab&sub_tree", "sub_tree", "sub_tree: the value is blank"},
		{"not UTF-8", "/inventory?env_name=lab&name=%ff", "name", "name: the value is not text"},
		{"with a zero", "/inventory?env_name=lab&name=a%00b", "name", "name: the value is not text"},
		{"badly escaped", "/inventory?env_name=lab&name=%zz", "", `the query can't be read: invalid URL escape "%zz"`},
		{"repeated", "/inventory?env_name=lab&env_name=lab", "env_name", "env_name: it can be given only once"},
		{"not a boolean", "/inventory?env_name=lab&all=yes", "all", `all: must be a boolean: true, false, 1 or 0, not "yes"`},
		{"not an integer", "/inventory?env_name=lab&page=1.5", "page", `page: must be an integer of at least 0, not "1.5"`},
		{"negative", "/inventory?env_name=lab&page=-1", "page", `page: must be an integer of at least 0, not "-1"`},
		{"too large", "/inventory?env_name=lab&page=9999999999", "page", `page: must be an integer of at least 0, not "9999999999"`},
		{"empty page", "/inventory?env_name=lab&page_size=0", "page_size", `page_size: must be an integer from 1 to 10000, not "0"`},
		{"large page", "/scans?page_size=10001", "page_size", `page_size: must be an integer from 1 to 10000, not "10001"`},
		{"not a cursor", "/scans?cursor=x", "cursor", `cursor: must be what an answer's "next" said, not "x"`},
		{"no environment's tree", "/inventory?parent_path=/lab", "parent_path", "parent_path: it goes with env_name"},
		{"not an id", "/links?env_name=lab&id=5C", "id", `id: must be a document's id, which has 24 hexadecimal digits, not "5C"`},
		{"not in the list", "/links?env_name=lab&state=sideways", "state", `state: must be one of up, down, not "sideways"`},
		{"not a status", "/scans?status=done", "status", `status: must be one of draft, pending, running, completed, completed_with_errors, failed, aborted, not "done"`},
		{"no environment", "/inventory?env_name=lob", "env_name", `env_name: there is no environment "lob"`},
		{"no environment of scans", "/scans?env_name=lob", "env_name", `env_name: there is no environment "lob"`},
		{"no inventory name", "/export?env_name=lab&inventory=a/b", "inventory", `inventory: nothing of lab was scanned into an inventory "a/b"`},
		{"all and a page", "/inventory?env_name=lab&all=1&page=1", "all", "all: it does not go with page, page_size and cursor"},
		{"below nothing", "/inventory?env_name=lab&sub_tree=1", "sub_tree", "sub_tree: it goes with parent_path"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s.call("GET", test.path, "").wantError(400, "400", "Bad Request", test.field, test.message)
		})
	}
}

// TestWrongBodies: each kind of wrong body is refused with a message that says what is right.
func TestWrongBodies(t *testing.T) {
	t.Parallel()
	s, _ := withCloud(t)
	tests := []struct{ name, path, body, field, message string }{
		{"empty", "/scans", " ", "", "the body is empty: it must be a JSON object"},
		{"not JSON", "/scans", "environment: lab", "", "the body is not JSON"},
		{"two objects", "/scans", "{}{}", "", "the body is not JSON"},
		{"not an object", "/scans", `["lab"]`, "", "the body is JSON, but not an object"},
		{"environment as YAML", "/environment_configs", "name: lab", "", "the body is not JSON"},
		{"unknown keys", "/scans", `{"environment":"lab","zeal":1,"Clear":true}`, "", `unknown keys: "Clear", "zeal"`},
		{"unknown key within", "/auth/tokens", `{"auth":{"methods":["token"],"credentials":{"user":"x"}}}`, "", `unknown keys: "auth.credentials.user"`},
		{"wrong type", "/scans", `{"environment":"lab","clear":"yes"}`, "clear", "clear: must be a boolean, not a string"},
		{"wrong type of text", "/scans", `{"environment":7}`, "environment", "environment: must be a string, not a number"},
		{"wrong type within", "/auth/tokens", `{"auth":{"methods":"token"}}`, "auth.methods", "auth.methods: must be a list, not a string"},
		{"missing", "/scans", `{}`, "environment", "environment: this key is missing"},
		{"no environment", "/scans", `{"environment":"lob"}`, "environment", `environment: there is no environment "lob"`},
		{"two environments", "/scans", `{"environment":"lab","env_name":"lob"}`, "env_name", "env_name: it means the same as environment, and says something else"},
		{"status", "/scans", `{"environment":"lab","status":"running"}`, "status", "status: must be one of pending, draft"},
		{"log level", "/scans", `{"environment":"lab","log_level":"loud"}`, "log_level", "log_level: must be one of critical, error, warning, info, debug, notset"},
		{"two onlys", "/scans", `{"environment":"lab","scan_only_links":true,"scan_only_cliques":true}`, "scan_only_inventory",
			"scan_only_inventory, scan_only_links, scan_only_cliques: at most one of them can be true"},
		{"type without id", "/scans", `{"environment":"lab","object_type":"host"}`, "object_type", "object_type: it goes with object_id"},
		{"no such object", "/scans", `{"environment":"lab","object_id":"node-2"}`, "object_id", `object_id: there is no object "node-2" in the inventory of lab`},
		{"schedule without when", "/scheduled_scans", `{"environment":"lab"}`, "freq", "freq: this key is missing; it must be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, " +
			"or there must be a cron expression in its place"},
		{"schedule twice", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","cron":"0 2 * * *"}`, "cron", "cron: it can't be given together with freq"},
		{"frequency", "/scheduled_scans", `{"environment":"lab","freq":"daily"}`, "freq", `freq: must be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, not "daily"`},
		{"cron", "/scheduled_scans", `{"environment":"lab","cron":"0 2 * *"}`, "cron",
			`cron: must be five fields, minute, hour, day of month, month and day of week, such as "30 2 * * 1-5", not "0 2 * *": expected exactly 5 fields, found 4: [0 2 * *]`},
		{"time zone", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","timezone":"CEST"}`, "timezone",
			`timezone: must be a name of the IANA time zone database, such as UTC or Europe/Zurich, not "CEST"`},
		{"no time", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","submit_timestamp":"tomorrow"}`, "submit_timestamp",
			`submit_timestamp: must be a time such as 2026-01-31T02:00:00Z, not "tomorrow"`},
		{"a far time", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","submit_timestamp":"9999-12-31T23:00:00Z"}`, "submit_timestamp",
			"submit_timestamp: must lie between 1970 and ten years from now, and 9999-12-31T23:00:00Z does not"},
		{"a time as a number", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","submit_timestamp":5}`, "submit_timestamp",
			"submit_timestamp: must be a string, not a number"},
		{"wrong type of a schedule", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","clear":1}`, "clear", "clear: must be a boolean, not a number"},
		{"unknown key of a schedule", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","status":"pending"}`, "", `unknown keys: "status"`},
		{"schedule of no environment", "/scheduled_scans", `{"freq":"DAILY"}`, "environment", "environment: this key is missing"},
		{"schedule of another environment", "/scheduled_scans", `{"environment":"lob","freq":"DAILY"}`, "environment", `environment: there is no environment "lob"`},
		{"schedule of no such object", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","object_id":"node-2"}`, "object_id",
			`object_id: there is no object "node-2" in the inventory of lab`},
		{"schedule into no inventory", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","inventory":"a b"}`, "inventory",
			`inventory: "a b" is not a name of letters, digits, "_" and "-"`},
		{"schedule of two onlys", "/scheduled_scans", `{"environment":"lab","freq":"DAILY","scan_only_links":true,"scan_only_cliques":true}`, "scan_only_inventory",
			"scan_only_inventory, scan_only_links, scan_only_cliques: at most one of them can be true"},
		{"no auth", "/auth/tokens", `{}`, "auth", "auth: this key is missing"},
		{"method", "/auth/tokens", `{"auth":{"methods":["magic"]}}`, "auth.methods", "auth.methods: must be one of credentials, token"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s.call("POST", test.path, test.body).wantError(400, "400", "Bad Request", test.field, test.message)
		})
	}
}

func TestLongBody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	body := `{"environment":"` + strings.Repeat("a", maxBody) + `"}`
	for _, path := range []string{"/scans", "/auth/tokens", "/environment_configs"} {
		s.call("POST", path, body).wantError(413, "413", "Request Entity Too Large", "", "the body is longer than 1048576 bytes")
	}
}
