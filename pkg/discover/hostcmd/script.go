package hostcmd

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

const has = `has() { ( IFS=:; for d in $PATH; do [ ! -e "$d/$1" ] || exit 0; done; exit 1 ); }
`

// inContainers is what a script begins with that has commands to run in containers: it lists those that run, once, and
// defines inside. Names of containers are checked before they come into a command line.
const inContainers = `list_containers() {
	for engine in docker podman; do
		if has "$engine"; then $sudo "$engine" ps --format "$engine {{.Names}}" || return; fi
	done
}
containers=$(list_containers </dev/null 2>&1)
listed=$?

# fitting PATTERN prints the engine and the name of the first container whose name fits.
fitting() {
	printf '%s\n' "$containers" | while read -r engine name rest; do
		case "$engine$rest" in docker|podman) ;; *) continue;; esac
		case "$name" in ''|-*|*[!A-Za-z0-9_.-]*) continue;; esac
		case "$name" in $1) printf '%s %s\n' "$engine" "$name"; break;; esac
	done
}

# inside COMMAND OPTIONS PATTERN... runs the command with the programs of each container that fits, or with those of the
# host where none does.
inside() {
	command=$1 options=$2 rc=0 found=
	shift 2
	if [ "$listed" -ne 0 ]; then printf '%s\n' "$containers" >&2; return 1; fi
	for pattern in "$@"; do
		container=$(fitting "$pattern")
		[ -n "$container" ] || continue
		found=yes
		( sudo="$sudo ${container% *} exec $options ${container#* }"
			run=$sudo
			has() { :; }
			"$command" ) || rc=$?
	done
	if [ -n "$found" ]; then return "$rc"; fi
	echo "no container runs that is called $*, so the host itself was asked" >&2
	"$command"
}
`

// Script returns one shell script that runs the commands one after the other. mark must be a text that no command prints:
// a random one. Words reach the script as arguments, and never as a part of its text: see Args.
func Script(commands []Command, mark string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "export LC_ALL=C PATH=\"$PATH:/usr/local/sbin:/usr/sbin:/sbin\"\nsudo=$1 run= mark=%s; shift\n%s", mark, has)
	if slices.ContainsFunc(commands, func(c Command) bool { return c.containers != nil }) {
		b.WriteString(inContainers)
	}
	for i, c := range commands {
		fmt.Fprintf(&b, "echo %s-begin %d; echo %s-begin %d >&2\n", mark, i, mark, i)
		// A function whose body is in parentheses can exit without ending the script.
		fmt.Fprintf(&b, "command_%d() ( %s\n)\n", i, c.Script)
		if words := c.containers.words(); len(words) > 0 {
			fmt.Fprintf(&b, "inside command_%d%s </dev/null\nrc=$?; shift %d\n", i, parameters(len(words)), len(words))
		} else {
			fmt.Fprintf(&b, "command_%d </dev/null\nrc=$?\n", i)
		}
		fmt.Fprintf(&b, "echo; echo %s-end %d $rc\n", mark, i)
	}
	return b.Bytes()
}

// Args returns the arguments of Script's script. sudo is what stands before commands that need root: "" or "sudo -n".
func Args(commands []Command, sudo string) []string {
	args := []string{sudo}
	for _, c := range commands {
		args = append(args, c.containers.words()...)
	}
	return args
}

// words are a command's arguments of the script: the options of docker exec, then the patterns of the containers' names.
func (c *Containers) words() []string {
	if c == nil {
		return nil
	}
	return append([]string{strings.Join(c.Options, " ")}, c.Names...)
}

// parameters writes the first n of a script's parameters.
func parameters(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` "${%d}"`, i+1)
	}
	return b.String()
}
