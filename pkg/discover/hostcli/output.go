package hostcli

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// Text makes a text from a host fit to be stored and shown: what no well-behaved command prints, control characters
// but tabs and broken UTF-8, is replaced.
func Text(text string) string { return strings.Map(printable, text) }

// Lines returns an output's lines, without their ends and through Text.
func Lines(out []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range bytes.Lines(out) {
			if !yield(Text(strings.TrimRight(string(line), "\r\n"))) {
				return
			}
		}
	}
}

func printable(r rune) rune {
	if r < ' ' && r != '\t' || r == 0x7f {
		return utf8.RuneError
	}
	return r
}

// Warning says that a line of a command's output could not be read. Long lines are cut.
func Warning(source, line, reason string) model.Warning {
	if len(line) > 200 {
		line = strings.ToValidUTF8(line[:200], "") + "…"
	}
	return model.Warning{Source: source, Line: strings.TrimSpace(line), Reason: reason}
}

// Unreadable returns an error when lines could not be read and nothing was found in the others: then what the command
// printed is something else, and does not say that there is nothing.
func Unreadable(command hostcmd.Command, found int, warnings []model.Warning) error {
	if found > 0 || len(warnings) == 0 {
		return nil
	}
	return fmt.Errorf("%s: nothing that it printed can be understood: %q", command.Name, warnings[0].Line)
}

// Sections returns the sections of a command's output. Names that the script passed over, because they are not safe
// in a command line, become warnings.
func Sections(command hostcmd.Command, out hostcmd.Output) ([]hostcmd.Section, []model.Warning) {
	var sections []hostcmd.Section
	var warnings []model.Warning
	for _, s := range out.Sections() {
		if s.Name != "?" {
			sections = append(sections, s)
			continue
		}
		for line := range Lines(s.Body) {
			warnings = append(warnings, Warning(command.Name, line, "a name that is not safe in a command line"))
		}
	}
	return sections, warnings
}

// Unread counts the sections of an output that could not be read.
type Unread struct{ gone, garbled int }

// Add counts a section. One without anything in it is of something that was listed, and gone a moment later.
func (u *Unread) Add(s hostcmd.Section) {
	if len(bytes.TrimSpace(s.Body)) == 0 {
		u.gone++
	} else {
		u.garbled++
	}
}

// Err returns an error when sections hold what can't be understood, or when there is nothing in any of them: then it
// is not that all is gone, but that nothing may be read.
func (u *Unread) Err(sections []hostcmd.Section, out hostcmd.Output) error {
	if u.garbled == 0 && (u.gone == 0 || u.gone < len(sections)) {
		return nil
	}
	why := strings.TrimSpace(string(out.Stderr))
	if why == "" {
		why = "what was printed can't be understood"
	}
	return fmt.Errorf("%d of %d could not be read: %s", u.gone+u.garbled, len(sections), why)
}
