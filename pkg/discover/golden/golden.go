// Package golden runs the test cases of fetchers that read host commands. A case is a folder below testdata:
//
//	<command>.txt   what a command printed; "brctl-show.txt" for `brctl show`. Lines "@mark NAME" begin its sections
//	<command>.err   that a command failed: its exit status on the first line, below it what it wrote to stderr
//	known.json      objects that are known, in their JSON form
//	want.json       what the fetcher returns: its objects, warnings and error
//
// Commands without files have no output, as when the host's answer broke off before them.
// With CALIPSO_UPDATE_GOLDEN=1 in the environment, want.json is written instead of compared.
package golden

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/discover"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
	"github.com/google/go-cmp/cmp"
)

// Run runs all cases below the folder, each as a test of its own. The host is called "node-1".
func Run(t *testing.T, folder string, fetcher discover.Fetcher) {
	t.Parallel()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Run(entry.Name(), func(t *testing.T) {
			t.Parallel()
			runCase(t, filepath.Join(folder, entry.Name()), fetcher)
		})
	}
}

// Seeds adds the outputs of a command in all cases below the folder to a fuzz test; of each section its own.
func Seeds(f *testing.F, folder string, command hostcmd.Command) {
	files, err := filepath.Glob(filepath.Join(folder, "*", fileName(command)+".txt"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds for %s in %s: %v", command.Name, folder, err)
	}
	for _, file := range files {
		out := output(f, strings.TrimSuffix(file, ".txt"))
		f.Add(out.Stdout)
		for _, s := range out.Sections() {
			f.Add(s.Body)
		}
	}
}

// result is what want.json holds.
type result struct {
	Objects  []map[string]any `json:"objects"`
	Warnings []model.Warning  `json:"warnings,omitempty"`
	Error    string           `json:"error,omitempty"`
}

func runCase(t *testing.T, folder string, fetcher discover.Fetcher) {
	var known []model.Object
	ReadJSON(t, filepath.Join(folder, "known.json"), &known)
	for i := range known {
		known[i].Environment = "lab"
	}
	env := &model.Environment{Name: "lab"}
	host := &model.Object{Environment: "lab", Type: model.TypeHost, ID: "node-1", Name: "node-1"}
	req := discover.NewRequest(env, host, known...)
	req.Outputs = hostcmd.Outputs{}
	for _, command := range fetcher.(discover.Commander).Commands(env, host) {
		base := filepath.Join(folder, fileName(command))
		if exists(base+".txt") || exists(base+".err") {
			req.Outputs[command.Name] = output(t, base)
		}
	}
	objects, err := fetcher.Fetch(t.Context(), req)
	Check(t, filepath.Join(folder, "want.json"), objects, req.Warnings(), err)
}

// Check compares what a fetcher returned with a file such as want.json. What follows replaces texts that are others each
// time: old, new, and so on.
func Check(t *testing.T, file string, objects []model.Object, warnings []model.Warning, err error, replace ...string) {
	t.Helper()
	got := result{Objects: flatten(t, objects, strings.NewReplacer(replace...)), Warnings: warnings}
	if err != nil {
		got.Error = err.Error()
	}
	if os.Getenv("CALIPSO_UPDATE_GOLDEN") != "" {
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := result{Objects: []map[string]any{}}
	if !exists(file) {
		t.Fatalf("%s is missing", file)
	}
	ReadJSON(t, file, &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// flatten turns objects into their JSON form, without what a scan fills in.
func flatten(t *testing.T, objects []model.Object, replace *strings.Replacer) []map[string]any {
	list := []map[string]any{}
	for _, o := range objects {
		data, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		flat := map[string]any{}
		if err := json.Unmarshal([]byte(replace.Replace(string(data))), &flat); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"_id", "environment", "id_path", "name_path", "show_in_tree"} {
			delete(flat, key)
		}
		for _, key := range []string{"name", "object_name", "parent_id", "parent_type"} {
			if flat[key] == "" {
				delete(flat, key)
			}
		}
		if o.Part != "" {
			flat["(part)"] = o.Part
		}
		list = append(list, flat)
	}
	return list
}

// output reads what a command printed from the files of its name.
func output(t testing.TB, base string) hostcmd.Output {
	out := sections(read(t, base+".txt"))
	if status, stderr, ok := strings.Cut(string(read(t, base+".err")), "\n"); ok {
		code, err := strconv.Atoi(status)
		if err != nil {
			t.Fatalf("%s.err: its first line is no exit status: %v", base, err)
		}
		out.Exit, out.Stderr = code, []byte(stderr)
	}
	return out
}

func sections(text []byte) hostcmd.Output {
	if !bytes.HasPrefix(text, []byte("@mark ")) {
		return hostcmd.Output{Stdout: text}
	}
	var list []hostcmd.Section
	for line := range bytes.Lines(text) {
		if name, ok := bytes.CutPrefix(line, []byte("@mark ")); ok {
			list = append(list, hostcmd.Section{Name: strings.TrimSpace(string(name))})
			continue
		}
		last := &list[len(list)-1]
		last.Body = append(last.Body, line...)
	}
	return hostcmd.NewOutput(list...)
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// fileName returns the name of a command's files, without what follows the dot.
func fileName(command hostcmd.Command) string {
	return strings.Trim(notInNames.ReplaceAllString(command.Name, "-"), "-")
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// read returns a file's content; nothing when there is no such file.
func read(t testing.TB, file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return data
}

// ReadJSON reads a file; where there is none nothing is read.
func ReadJSON(t *testing.T, file string, into any) {
	t.Helper()
	if data := read(t, file); len(data) > 0 {
		if err := json.Unmarshal(data, into); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}
