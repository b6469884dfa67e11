// Package hostcmd turns the commands that fetchers want to run on a host into one script, so that a host costs one
// round trip, and takes the script's output apart again. It is pure: how the script gets to the host is pkg/conn/ssh's
// business.
package hostcmd

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Command is something to run on a host.
type Command struct {
	// Name says what is run, for people, and is the key of its output: "ip address show".
	Name string

	// Script is a constant POSIX shell text; it is never put together from names that come from a cloud or a host.
	// Names that the script itself finds on the host stand in quoted variables. It may use only the shell's builtins
	// and the commands that it is about. It has three variables: $sudo, empty or "sudo -n", stands before what needs root;
	// $run before what does not, and is yet in a container with some distributions (see Wrappers); and $mark is for
	// commands that print more than one thing: `printf '%s %s\n' "$mark" "$name"` begins a Section. The function has tells
	// whether there is a program, also one that only root may run: command -v does not.
	Script string

	containers *Containers // where to run it; on the host itself when nil
}

// Output is what a command printed.
type Output struct {
	Stdout []byte
	Stderr []byte
	Exit   int // 127: the command is not there
	mark   string
	cut    bool // it breaks off in the middle of a line
}

// Section is a part of an output that has several: see Command.Script.
type Section struct {
	Name string
	Body []byte
}

// Outputs are the outputs of a host's commands, by the commands' names.
type Outputs map[string]Output

// Err returns an error that says how the command failed, or nil. Output that breaks off in the middle of a line is not
// all of it, whatever the exit status says.
func (o Output) Err() error {
	if o.Exit == 0 && o.cut {
		return errors.New("its output breaks off in the middle of a line")
	}
	if o.Exit == 0 {
		return nil
	}
	text := strings.TrimSpace(string(o.Stderr))
	if len(text) > 500 {
		text = text[:500] + "…"
	}
	if o.Exit == 127 {
		return fmt.Errorf("the command is missing on the host: %s", text)
	}
	return fmt.Errorf("exit status %d: %s", o.Exit, text)
}

// Sections returns the parts of an output; text before the first mark is passed over.
func (o Output) Sections() []Section {
	var sections []Section
	for line := range bytes.Lines(o.Stdout) {
		if name, ok := bytes.CutPrefix(line, []byte(o.mark+" ")); ok && o.mark != "" {
			sections = append(sections, Section{Name: strings.TrimRight(string(name), "\n")})
		} else if len(sections) > 0 {
			last := &sections[len(sections)-1]
			last.Body = append(last.Body, line...)
		}
	}
	return sections
}

// NewOutput makes an Output with the given sections, as a script that uses $mark would. It is for tests.
func NewOutput(sections ...Section) Output {
	o := Output{mark: "@mark"}
	for _, s := range sections {
		o.Stdout = fmt.Appendf(o.Stdout, "%s %s\n%s", o.mark, s.Name, s.Body)
	}
	return o
}

// Split takes the output of Script's script apart. A command whose output is missing or cut short is not in the result.
func Split(commands []Command, mark string, stdout, stderr []byte) Outputs {
	outputs := Outputs{}
	errs := begins(stderr, mark, len(commands))
	current := -1
	var body []byte
	for line := range bytes.Lines(stdout) {
		word, rest, _ := strings.Cut(strings.TrimRight(string(line), "\n"), " ")
		switch {
		case word == mark+"-begin":
			current, body = number(rest, len(commands)), nil
		case word == mark+"-end" && current >= 0:
			index, code, _ := strings.Cut(rest, " ")
			if exit, err := strconv.Atoi(code); err == nil && number(index, len(commands)) == current {
				// The script prints a line end of its own after each command, in case the command's last line has none.
				body = bytes.TrimSuffix(body, []byte("\n"))
				outputs[commands[current].Name] = Output{Stdout: body, Stderr: errs[current], Exit: exit, mark: mark, cut: isCut(body, mark)}
			}
			current = -1
		case current >= 0:
			body = append(body, line...)
		}
	}
	return outputs
}

// isCut tells whether an output, or a section of it, has a last line without an end.
func isCut(body []byte, mark string) bool {
	if len(body) > 0 && !bytes.HasSuffix(body, []byte("\n")) {
		return true
	}
	for line := range bytes.Lines(body) {
		if bytes.Index(line, []byte(mark+" ")) > 0 {
			return true
		}
	}
	return false
}

// begins cuts a stream at its "begin" lines, by the numbers on them.
func begins(stream []byte, mark string, n int) map[int][]byte {
	parts := map[int][]byte{}
	current := -1
	for line := range bytes.Lines(stream) {
		if rest, ok := strings.CutPrefix(strings.TrimRight(string(line), "\n"), mark+"-begin "); ok {
			current = number(rest, n)
		} else if current >= 0 {
			parts[current] = append(parts[current], line...)
		}
	}
	return parts
}

// number reads an index below n; -1 when it is none.
func number(s string, n int) int {
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 || i >= n {
		return -1
	}
	return i
}
