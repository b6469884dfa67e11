package hostcli

import (
	"bytes"
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
