package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/model"
)

const labYAML = `
name: lab2
type: environment
distribution: Canonical
distribution_version: zed
mechanism_drivers: [OVS]
type_drivers: vxlan
app_path: /opt/calipso
listen: false
operational: stopped
configuration:
- {name: OpenStack, host: 10.0.0.1, port: 5000, user: admin, pwd: lab, admin_token: x}
- {name: CLI, host: 10.0.0.1, user: scan, pwd: scan}
`

// step is a command and what a user sees of it; texts that begin with "…" are parts.
type step struct {
	stdin, command string
	stdout, stderr string
	code           int
}

func (s *server) follow(t *testing.T, steps []step) {
	t.Helper()
	for _, step := range steps {
		got := run(t.Context(), s.connect, step.stdin, strings.Fields(step.command)...)
		if !shows(got.stdout, step.stdout) || !shows(got.stderr, step.stderr) || got.code != step.code {
			t.Errorf("calipso %s: got\n%q\n%q\n%d, want\n%q\n%q\n%d", step.command, got.stdout, got.stderr, got.code, step.stdout, step.stderr, step.code)
		}
	}
}

func shows(got, want string) bool {
	part, ok := strings.CutPrefix(want, "…")
	return got == want || ok && strings.Contains(got, part)
}

// TestEnvironments lets an environment live: added, replaced, deleted.
func TestEnvironments(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.follow(t, []step{
		{command: "tree", stderr: "calipso: there is no environment yet: add one with `calipso env add -f FILE`\n", code: 2},
		{stdin: labYAML, command: "env add -f -", stdout: "environment lab2 added\n"},
		{stdin: labYAML, command: "env add -f -", stderr: "…(--replace replaces it)\n", code: 2},
		{stdin: strings.ReplaceAll(labYAML, "zed", "yoga"), command: "env add -f - --replace", stdout: "environment lab2 replaced\n"},
		{command: "env show lab2", stdout: "…yoga"},
		{command: "tree", stdout: "environment lab2\n"},
		{stdin: strings.ReplaceAll(labYAML, "vxlan", "carrier-pigeon"), command: "env add -f - --replace", stderr: "…type_drivers", code: 2},
		{stdin: "[" + `{"name": "x", "configurations": []}` + "]", command: "env add -f -", stderr: "…configurations", code: 2},
		{command: "env add", stderr: "calipso: required flag(s) \"file\" not set\n", code: 2},
		{command: "env add -f /no/such/file", stderr: "calipso: read environments: open /no/such/file: no such file or directory\n", code: 2},
		{command: "env delete lab2", stderr: "…lab2 is not deleted: confirm with its name, or give --yes\n", code: 2},
		{stdin: "lab\n", command: "env delete lab2", stderr: "…lab2 is not deleted: confirm with its name, or give --yes\n", code: 2},
		{stdin: "lab2\n", command: "env delete lab2", stdout: "environment lab2 deleted\n", stderr: "…Type its name: "},
		{command: "env delete lab2 --yes", stderr: "…lab2", code: 2},
		{command: "env list", stdout: "NAME  TYPE  DISTRIBUTION  VERSION  MECHANISM  TYPE DRIVER  LAST SCANNED\n"},
	})
}

// TestSeveralEnvironments: with more than one, commands ask which is meant, and name them.
func TestSeveralEnvironments(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	steps := []step{{stdin: labYAML, command: "env add -f -", stdout: "environment lab2 added\n"}}
	for _, command := range []string{"tree", "get host", "graph x", "export", "scan"} {
		steps = append(steps, step{command: command, code: 2,
			stderr: "calipso: there are several environments, say which with --env: lab, lab2\n"})
	}
	s.follow(t, append(steps,
		step{stdin: "lab2\n", command: "env delete lab2 --yes", stdout: "environment lab2 deleted\n"},
		step{command: "get region", stdout: "…RegionOne"}))
}

func TestAcceptHostKey(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	s.follow(t, []step{
		{command: "env accept-host-key lab 10.0.0.2", stderr: "…10.0.0.2:22", code: 2},
		{command: "env accept-host-key lab 10.0.0.1", stdout: "the next host key of 10.0.0.1:22 is accepted\n"},
		{command: "env accept-host-key lab 10.0.0.1:22", stderr: "…10.0.0.1:22", code: 2},
		{command: "env host-keys lab", stdout: "HOST  FINGERPRINT  ACCEPTED\n"},
	})
}

// TestScanOptions: options that don't go together, or name nothing, are refused before anything is scanned.
func TestScanOptions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	tests := map[string]string{
		"-s":                            "--scan_self needs --id: which object to scan",
		"-s -t host":                    "--scan_self needs --id: which object to scan",
		"-t host":                       "--type host needs --id: which object to scan",
		"-p x":                          "--parent_id and --parent_type need --id: which object to scan",
		"-a host":                       "--parent_id and --parent_type need --id: which object to scan",
		"-l loud":                       "--loglevel loud: it is one of critical, error, warning, info, debug",
		"-i x -f uuid":                  "--id_field uuid: it is id or name",
		"--links_only --inventory_only": "--inventory_only and --links_only exclude each other: give one of them, or none for the whole scan",
		"--links_only --inventory_only --cliques_only": "--inventory_only and --links_only and --cliques_only exclude each other: give one of them, or none for the whole scan",
		"-t environment -i other":                      "--type environment --id other: the environment is lab",
		"-s -i nothing":                                `scan of lab: object_id: there is no object "nothing" in the inventory of lab`,
		"-s -i nova":                                   `scan of lab: object_type: "nova" is the id of a aggregate and of a availability_zone: say which is meant`,
		"-s -i twin -f name":                           `there are 2 objects with the name "twin" in lab, name one by its id: instance vm-3, instance vm-4`,
		"-s -i web-1 -f name -t host":                  "there is no host with the name \"web-1\" in lab: `calipso get host -e lab` lists what there is",
		"-s -i vm-1 -p node-1-instances":               "there is no object with the id \"vm-1\" below \"node-1-instances\" in lab: `calipso tree -e lab` shows what there is",
		"-s -i nova -a host":                           "there is no object with the id \"nova\" below a host in lab: `calipso tree -e lab` shows what there is",
		"-s -i nova -a availability_zone -p x":         "there is no object with the id \"nova\" below availability_zone \"x\" in lab: `calipso tree -e lab` shows what there is",
		"-e nowhere":                                   `scan of nowhere: environment: there is no environment "nowhere"`,
		"extra":                                        `unknown command "extra" for "calipso scan"`,
		"--fast":                                       "unknown flag: --fast",
	}
	for options, want := range tests {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			s.follow(t, []step{{command: "scan " + options, stderr: "calipso: " + want + "\n", code: 2}})
		})
	}
}

// TestScanRequests: what the options ask for is what the scan is told.
func TestScanRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seed(t, s.db)
	plain := model.Scan{Environment: "lab", ScanOptions: model.ScanOptions{Inventory: "inventory", LogLevel: "info"}, Status: model.ScanPending}
	with := func(change func(*model.Scan)) model.Scan { scan := plain; change(&scan); return scan }
	tests := map[string]model.Scan{
		"":                                    plain,
		"-e lab -t environment":               plain,
		"-t environment -i lab -s":            plain,
		"-l DEBUG --clear":                    with(func(s *model.Scan) { s.LogLevel, s.Clear = "debug", true }),
		"-y test --inventory_only":            with(func(s *model.Scan) { s.Inventory, s.ScanOnlyInventory = "test", true }),
		"--links_only":                        with(func(s *model.Scan) { s.ScanOnlyLinks = true }),
		"--cliques_only":                      with(func(s *model.Scan) { s.ScanOnlyCliques = true }),
		"-s -i vm-1":                          with(func(s *model.Scan) { s.ObjectID, s.ObjectType = "vm-1", "instance" }),
		"-i nova -t aggregate":                with(func(s *model.Scan) { s.ObjectID, s.ObjectType = "nova", "aggregate" }),
		"-s -i demo -f name":                  with(func(s *model.Scan) { s.ObjectID, s.ObjectType = "p1", "project" }),
		"-i twin -f name -p node-1-instances": with(func(s *model.Scan) { s.ObjectID, s.ObjectType = "vm-3", "instance" }),
		"-i nova -a region":                   with(func(s *model.Scan) { s.ObjectID, s.ObjectType = "nova", "aggregate" }),
	}
	for options, want := range tests {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			got := run(t.Context(), s.connect, "", strings.Fields("scan --detach "+options)...)
			var id string
			if _, err := fmt.Sscanf(got.stdout, "scan %s of lab: ", &id); err != nil || got.code != 0 {
				t.Fatalf("%+v", got)
			}
			if want := fmt.Sprintf("scan %s of lab: `calipso follow %s` shows how far it is\n", id, id); got.stdout != want {
				t.Errorf("prints %q, want %q", got.stdout, want)
			}
			scan, err := s.db.Scans.Get(t.Context(), id)
			must(t, err)
			want.ID, want.SubmitTimestamp, want.Generation = scan.ID, scan.SubmitTimestamp, scan.Generation
			if scan != want {
				t.Errorf("asks for\n%+v, want\n%+v", scan, want)
			}
		})
	}
}
