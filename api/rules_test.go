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
	first  [2]string // path and body of what is posted before; "$id" in the path is the id of what that made
}

type whose string

const (
	aTenants     whose = "a tenant's"   // found by who may see its environment, changed by who may change it
	everybodys   whose = "everybody's"  // the same for all who are logged in
	oneselfs     whose = "oneself's"    // of who asks
	installation whose = "installation" // takes a role for all environments
	nobodys      whose = "nobody's"     // tells of nothing: logging in, health
)

// Bodies that make an API key and a clique constraint.
const (
	aRuleKey    = `{"name":"automation"}`
	aConstraint = `{"focal_point_type":"vedge","constraints":["network"]}`

	anExportedLine = `{"collection":"inventory","document":{"_id":"$dbid","environment":"$env","type":"instance","id":"$object","name":"x","show_in_tree":true}}`
)

// rules are those of all routes, by method and path.
func rules() map[string]rule {
	view, edit := access(auth.ViewEnv), access(auth.EditEnv)
	links, constraints := access(auth.ManageLinkTypes), access(auth.ManageCliqueConstraints)
	users, types := access(auth.ManageUsers), access(auth.ManageCliqueTypes)
	all := map[string]rule{
		"GET /healthz":                {access: public, about: nobodys, path: "/healthz", body: ""},
		"GET /readyz":                 {access: public, about: nobodys, path: "/readyz", body: ""},
		"GET /metrics":                {access: view, about: installation, path: "/metrics", body: ""},
		"POST /auth/tokens":           {access: public, about: nobodys, path: "/auth/tokens", body: credentials("$user", userPassword)},
		"DELETE /auth/tokens":         {access: public, about: nobodys, path: "/auth/tokens", body: ""},
		"GET /login":                  {access: public, about: nobodys, path: "/login?next=/monitor/scans/$scan", body: ""},
		"POST /login":                 {access: public, about: nobodys, path: "/login", body: "username=$user&password=" + strings.ReplaceAll(userPassword, " ", "+")},
		"POST /logout":                {access: public, about: nobodys, path: "/logout", body: ""},
		"GET /":                       {access: page, about: everybodys, path: "/", body: ""},
		"GET /constants":              {access: login, about: everybodys, path: "/constants?name=log_levels", body: ""},
		"GET /clique_constraints":     {access: login, about: everybodys, path: "/clique_constraints?focal_point_type=$object", body: ""},
		"GET /supported_environments": {access: login, about: everybodys, path: "/supported_environments?distribution=$env", body: ""},
		"GET /monitor/static/:file":   {access: login, about: everybodys, path: "/monitor/static/monitor.css", body: ""},

		"GET /monitor":                  {access: page, about: aTenants, path: "/monitor", body: ""},
		"GET /monitor/events":           {access: login, about: aTenants, path: "/monitor/events", body: ""},
		"GET /monitor/scans/:id":        {access: page, about: aTenants, path: "/monitor/scans/$scan", body: ""},
		"POST /monitor/scans/:id/abort": {access: page, about: aTenants, path: "/monitor/scans/$scan/abort", body: ""},

		"GET /environment_configs":                          {access: login, about: aTenants, path: "/environment_configs?name=$env", body: ""},
		"POST /environment_configs":                         {access: login, about: installation, path: "/environment_configs", body: otherDoc("$envs")},
		"PUT /environment_configs/:name":                    {access: login, about: aTenants, path: "/environment_configs/$env", body: otherDoc("$env")},
		"DELETE /environment_configs/:name":                 {access: login, about: aTenants, path: "/environment_configs/$env", body: ""},
		"GET /environment_configs/:name/host_keys":          {access: login, about: aTenants, path: "/environment_configs/$env/host_keys", body: ""},
		"DELETE /environment_configs/:name/host_keys/:host": {access: login, about: aTenants, path: "/environment_configs/$env/host_keys/$hostkey", body: ""},
		"GET /environment_configs/:name/events":             {access: login, about: aTenants, path: "/environment_configs/$env/events", body: ""},

		"GET /scans":              {access: login, about: aTenants, path: "/scans?env_name=$env", body: ""},
		"POST /scans":             {access: login, about: aTenants, path: "/scans", body: `{"environment":"$env"}`},
		"GET /scans/:id":          {access: login, about: aTenants, path: "/scans/$scan", body: ""},
		"PUT /scans/:id":          {access: login, about: aTenants, path: "/scans/$draft", body: `{"status":"pending"}`},
		"POST /scans/:id/abort":   {access: login, about: aTenants, path: "/scans/$scan/abort", body: ""},
		"GET /scans/:id/events":   {access: login, about: aTenants, path: "/scans/$scan/events", body: ""},
		"GET /scans/:id/coverage": {access: login, about: aTenants, path: "/scans/$scan/coverage?host=$hostname", body: ""},
		"GET /scans/:id/stale":    {access: login, about: aTenants, path: "/scans/$scan/stale", body: ""},

		"GET /scheduled_scans":        {access: login, about: aTenants, path: "/scheduled_scans?environment=$env", body: ""},
		"POST /scheduled_scans":       {access: login, about: aTenants, path: "/scheduled_scans", body: `{"environment":"$env","freq":"DAILY"}`},
		"DELETE /scheduled_scans":     {access: login, about: aTenants, path: "/scheduled_scans?env_name=$env&ids=$schedule", body: ""},
		"GET /scheduled_scans/:id":    {access: login, about: aTenants, path: "/scheduled_scans/$schedule", body: ""},
		"PUT /scheduled_scans/:id":    {access: login, about: aTenants, path: "/scheduled_scans/$schedule", body: `{"environment":"$env","freq":"WEEKLY"}`},
		"DELETE /scheduled_scans/:id": {access: login, about: aTenants, path: "/scheduled_scans/$schedule", body: ""},

		"GET /messages":    {access: login, about: aTenants, path: "/messages?env_name=$env", body: ""},
		"PATCH /messages":  {access: login, about: aTenants, path: "/messages?env_name=$env&ids=$message", body: `{"viewed":true}`},
		"DELETE /messages": {access: login, about: aTenants, path: "/messages?env_name=$env&ids=$message", body: ""},

		"GET /inventory":    {access: login, about: aTenants, path: "/inventory?env_name=$env&inventory=$inventory", body: ""},
		"DELETE /inventory": {access: login, about: aTenants, path: "/inventory?env_name=$env&inventory=$inventory", body: ""},
		"GET /links":        {access: login, about: aTenants, path: "/links?env_name=$env&id=$link", body: ""},
		"GET /cliques":      {access: login, about: aTenants, path: "/cliques?env_name=$env&focal_point=$dbid", body: ""},
		"GET /export":       {access: login, about: aTenants, path: "/export?env_name=$env", body: ""},

		"GET /clique_types":        {access: login, about: aTenants, path: "/clique_types?id=$cliquetype", body: ""},
		"POST /clique_types":       {access: types, about: aTenants, path: "/clique_types", body: `{"environment":"$env","focal_point_type":"network","name":"x","link_types":["network-host_pnic"]}`},
		"PUT /clique_types/:id":    {access: types, about: aTenants, path: "/clique_types/$cliquetype", body: `{"environment":"$env","focal_point_type":"instance","name":"x","link_types":["instance-vnic"]}`},
		"DELETE /clique_types/:id": {access: types, about: aTenants, path: "/clique_types/$cliquetype", body: ""},

		"GET /users":                 {access: users, about: installation, path: "/users", body: ""},
		"POST /users":                {access: users, about: installation, path: "/users", body: `{"name":"$env.new","password":"` + userPassword + `","view-env":["$env"]}`},
		"GET /users/:name":           {access: login, about: oneselfs, path: "/users/$user", body: ""},
		"PUT /users/:name":           {access: users, about: installation, path: "/users/$user", body: `{"edit-env":["$env"]}`},
		"DELETE /users/:name":        {access: users, about: installation, path: "/users/$user", body: ""},
		"PUT /users/:name/password":  {access: login, about: oneselfs, path: "/users/$user/password", body: `{"new":"` + userPassword + `"}`},
		"DELETE /users/:name/logins": {access: users, about: installation, path: "/users/$user/logins", body: ""},
		"GET /audit":                 {access: users, about: installation, path: "/audit?env_name=$env", body: ""},

		"GET /openapi.json":                      {access: public, about: nobodys, path: "/openapi.json"},
		"GET /docs":                              {access: public, about: nobodys, path: "/docs"},
		"GET /login/oidc":                        {access: public, about: nobodys, path: "/login/oidc"},
		"GET /login/oidc/callback":               {access: public, about: nobodys, path: "/login/oidc/callback"},
		"GET /auth/tokens":                       {access: login, about: oneselfs, path: "/auth/tokens"},
		"DELETE /auth/tokens/:id":                {access: login, about: oneselfs, path: "/auth/tokens/$id", first: [2]string{"/auth/tokens", credentials("chief", userPassword)}},
		"GET /auth/keys":                         {access: login, about: oneselfs, path: "/auth/keys"},
		"POST /auth/keys":                        {access: login, about: oneselfs, path: "/auth/keys", body: aRuleKey},
		"DELETE /auth/keys/:id":                  {access: login, about: oneselfs, path: "/auth/keys/$id", first: [2]string{"/auth/keys", aRuleKey}},
		"GET /connection_tests":                  {access: login, about: aTenants, path: "/connection_tests?env_name=$env"},
		"POST /connection_tests":                 {access: login, about: aTenants, path: "/connection_tests", body: `{"environment":"$env","test_targets":["CLI"]}`},
		"GET /link_types":                        {access: login, about: everybodys, path: "/link_types"},
		"POST /link_types":                       {access: links, about: everybodys, path: "/link_types", body: ofMeter},
		"PUT /link_types/:id":                    {access: links, about: everybodys, path: "/link_types/$id", body: strings.Replace(ofMeter, "serves", "is served by", 1), first: [2]string{"/link_types", ofMeter}},
		"DELETE /link_types/:id":                 {access: links, about: everybodys, path: "/link_types/$id", first: [2]string{"/link_types", ofMeter}},
		"POST /clique_constraints":               {access: constraints, about: everybodys, path: "/clique_constraints", body: aConstraint},
		"PUT /clique_constraints/:id":            {access: constraints, about: everybodys, path: "/clique_constraints/$id", body: aConstraint, first: [2]string{"/clique_constraints", aConstraint}},
		"DELETE /clique_constraints/:id":         {access: constraints, about: everybodys, path: "/clique_constraints/$id", first: [2]string{"/clique_constraints", aConstraint}},
		"GET /monitoring_config_templates":       {access: login, about: everybodys, path: "/monitoring_config_templates"},
		"POST /import":                           {access: login, about: aTenants, path: "/import", body: `{"environments":[` + strings.Replace(otherDoc("$env"), `"user":"scan"`, `"user":"look"`, 1) + `]}`},
		"POST /import/inventory":                 {access: login, about: aTenants, path: "/import/inventory?env_name=$env&inventory=imported", body: anExportedLine},
		"POST /environment_configs/:name/export": {access: users, about: installation, path: "/environment_configs/$env/export", body: `{"key":"` + strings.Repeat("7a", 32) + `"}`},
		"GET /search":                            {access: login, about: aTenants, path: "/search?query=$object"},
		"GET /tree":                              {access: login, about: aTenants, path: "/tree?env_name=$env&node=$dbid"},
		"GET /graph":                             {access: login, about: aTenants, path: "/graph?env_name=$env&type=clique&focal_point_id=$dbid"},
		"GET /aggregates":                        {access: login, about: aTenants, path: "/aggregates?type=environment&env_name=$env"},
		"GET /health":                            {access: login, about: aTenants, path: "/health?env_name=$env"},
		"GET /timezone":                          {access: login, about: aTenants, path: "/timezone?env_name=$env"},
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"} {
		needed := edit
		if method == "GET" {
			needed = view
		}
		all[method+" /tasks"] = rule{access: needed, about: installation, path: "/tasks", body: ""}
		all[method+" /tasks/*page"] = rule{access: needed, about: installation, path: "/tasks/api/queues/scan:pause", body: ""}
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
