package api

import (
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/auth"
)

// rule says who may use a route and whose documents it is about. Each route that the server has needs one: the tests of
// isolation and of the audit log call it as the rule says.
type rule struct {
	access access
	about  whose
	path   string // with what it takes; "$env" and so on stand for what a tenant has
	body   string
}

type whose string

const (
	aTenants     whose = "a tenant's"   // found by who may see its environment, changed by who may change it
	everybodys   whose = "everybody's"  // the same for all who are logged in
	oneselfs     whose = "oneself's"    // of who asks
	installation whose = "installation" // takes a role for all environments
	nobodys      whose = "nobody's"     // tells of nothing: logging in, health
)

// rules are those of all routes, by method and path.
func rules() map[string]rule {
	view, edit := access(auth.ViewEnv), access(auth.EditEnv)
	users, types := access(auth.ManageUsers), access(auth.ManageCliqueTypes)
	all := map[string]rule{
		"GET /healthz":                {public, nobodys, "/healthz", ""},
		"GET /readyz":                 {public, nobodys, "/readyz", ""},
		"GET /metrics":                {view, installation, "/metrics", ""},
		"POST /auth/tokens":           {public, nobodys, "/auth/tokens", credentials("$user", userPassword)},
		"DELETE /auth/tokens":         {public, nobodys, "/auth/tokens", ""},
		"GET /login":                  {public, nobodys, "/login?next=/monitor/scans/$scan", ""},
		"POST /login":                 {public, nobodys, "/login", "username=$user&password=" + strings.ReplaceAll(userPassword, " ", "+")},
		"GET /logout":                 {public, nobodys, "/logout", ""},
		"GET /":                       {page, everybodys, "/", ""},
		"GET /constants":              {login, everybodys, "/constants?name=log_levels", ""},
		"GET /clique_constraints":     {login, everybodys, "/clique_constraints?focal_point_type=$object", ""},
		"GET /supported_environments": {login, everybodys, "/supported_environments?distribution=$env", ""},
		"GET /monitor/static/:file":   {login, everybodys, "/monitor/static/monitor.css", ""},

		"GET /monitor":                  {page, aTenants, "/monitor", ""},
		"GET /monitor/events":           {login, aTenants, "/monitor/events", ""},
		"GET /monitor/scans/:id":        {page, aTenants, "/monitor/scans/$scan", ""},
		"POST /monitor/scans/:id/abort": {page, aTenants, "/monitor/scans/$scan/abort", ""},

		"GET /environment_configs":                          {login, aTenants, "/environment_configs?name=$env", ""},
		"POST /environment_configs":                         {login, installation, "/environment_configs", otherDoc("$envs")},
		"PUT /environment_configs/:name":                    {login, aTenants, "/environment_configs/$env", otherDoc("$env")},
		"DELETE /environment_configs/:name":                 {login, aTenants, "/environment_configs/$env", ""},
		"GET /environment_configs/:name/host_keys":          {login, aTenants, "/environment_configs/$env/host_keys", ""},
		"DELETE /environment_configs/:name/host_keys/:host": {login, aTenants, "/environment_configs/$env/host_keys/$hostkey", ""},
		"GET /environment_configs/:name/events":             {login, aTenants, "/environment_configs/$env/events", ""},

		"GET /scans":              {login, aTenants, "/scans?env_name=$env", ""},
		"POST /scans":             {login, aTenants, "/scans", `{"environment":"$env"}`},
		"GET /scans/:id":          {login, aTenants, "/scans/$scan", ""},
		"PUT /scans/:id":          {login, aTenants, "/scans/$draft", `{"status":"pending"}`},
		"POST /scans/:id/abort":   {login, aTenants, "/scans/$scan/abort", ""},
		"GET /scans/:id/events":   {login, aTenants, "/scans/$scan/events", ""},
		"GET /scans/:id/coverage": {login, aTenants, "/scans/$scan/coverage?host=$hostname", ""},
		"GET /scans/:id/stale":    {login, aTenants, "/scans/$scan/stale", ""},

		"GET /scheduled_scans":        {login, aTenants, "/scheduled_scans?environment=$env", ""},
		"POST /scheduled_scans":       {login, aTenants, "/scheduled_scans", `{"environment":"$env","freq":"DAILY"}`},
		"DELETE /scheduled_scans":     {login, aTenants, "/scheduled_scans?env_name=$env&ids=$schedule", ""},
		"GET /scheduled_scans/:id":    {login, aTenants, "/scheduled_scans/$schedule", ""},
		"PUT /scheduled_scans/:id":    {login, aTenants, "/scheduled_scans/$schedule", `{"environment":"$env","freq":"WEEKLY"}`},
		"DELETE /scheduled_scans/:id": {login, aTenants, "/scheduled_scans/$schedule", ""},

		"GET /messages":    {login, aTenants, "/messages?env_name=$env", ""},
		"PATCH /messages":  {login, aTenants, "/messages?env_name=$env&ids=$message", `{"viewed":true}`},
		"DELETE /messages": {login, aTenants, "/messages?env_name=$env&ids=$message", ""},

		"GET /inventory":    {login, aTenants, "/inventory?env_name=$env&inventory=$inventory", ""},
		"DELETE /inventory": {login, aTenants, "/inventory?env_name=$env&inventory=$inventory", ""},
		"GET /links":        {login, aTenants, "/links?env_name=$env&id=$link", ""},
		"GET /cliques":      {login, aTenants, "/cliques?env_name=$env&focal_point=$dbid", ""},
		"GET /export":       {login, aTenants, "/export?env_name=$env", ""},

		"GET /clique_types":        {login, aTenants, "/clique_types?id=$cliquetype", ""},
		"POST /clique_types":       {types, aTenants, "/clique_types", `{"environment":"$env","focal_point_type":"network","name":"x","link_types":["network-host_pnic"]}`},
		"PUT /clique_types/:id":    {types, aTenants, "/clique_types/$cliquetype", `{"environment":"$env","focal_point_type":"instance","name":"x","link_types":["instance-vnic"]}`},
		"DELETE /clique_types/:id": {types, aTenants, "/clique_types/$cliquetype", ""},

		"GET /users":                {users, installation, "/users", ""},
		"POST /users":               {users, installation, "/users", `{"name":"$env.new","password":"` + userPassword + `","view-env":["$env"]}`},
		"GET /users/:name":          {login, oneselfs, "/users/$user", ""},
		"PUT /users/:name":          {users, installation, "/users/$user", `{"edit-env":["$env"]}`},
		"DELETE /users/:name":       {users, installation, "/users/$user", ""},
		"PUT /users/:name/password": {login, oneselfs, "/users/$user/password", `{"new":"` + userPassword + `"}`},
		"GET /audit":                {users, installation, "/audit?env_name=$env", ""},
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"} {
		needed := edit
		if method == "GET" {
			needed = view
		}
		all[method+" /tasks"] = rule{needed, installation, "/tasks", ""}
		all[method+" /tasks/*page"] = rule{needed, installation, "/tasks/api/queues/scan:pause", ""}
	}
	return all
}

// TestEachRouteHasARule: a new route fails this test until it is said here who may use it, and whose documents it is about.
func TestEachRouteHasARule(t *testing.T) {
	t.Parallel()
	all, there, declared := rules(), map[string]bool{}, map[string]access{}
	for _, r := range routes() {
		declared[r.method+" "+r.path] = r.access
	}
	for _, r := range newSite(t).handler.(*gin.Engine).Routes() {
		key := r.Method + " " + r.Path
		there[key] = true
		rule, ok := all[key]
		switch access, listed := declared[key]; {
		case !ok:
			t.Errorf("%s has no rule: say in rules() who may use it and whose documents it is about", key)
		case !listed && !strings.HasPrefix(r.Path, monitorPath):
			t.Errorf("%s is not in the table of routes", key)
		case listed && access != rule.access:
			t.Errorf("%s is for %q, and its rule says %q", key, access, rule.access)
		case !strings.HasPrefix(rule.path, strings.SplitN(r.Path, ":", 2)[0]) && !strings.HasPrefix(r.Path, monitorPath):
			t.Errorf("the rule of %s is about %s", key, rule.path)
		}
	}
	for key := range all {
		if !there[key] {
			t.Errorf("there is a rule for %s, and no such route", key)
		}
	}
}
