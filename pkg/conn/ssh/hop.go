package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// hop is what the gateway runs: a constant text, that takes the host's name as an argument. It feeds its standard input,
// the script, to a shell: its own when it is that host itself, else one that it starts there with ssh. Its arguments
// are the host; the value of StrictHostKeyChecking; the script's arguments, quoted for the shell of the host; and the
// script's arguments. It is one line of POSIX shell without anything but builtins, uname, sh and ssh. ssh ends with
// status 255 when it could not get there; the last line on stderr then says that it was ssh, not the script.
const hop = `h=$1 k=$2 a=$3; shift 3; n=$(uname -n); ` +
	`if [ "$h" = localhost ] || [ "$h" = "$n" ] || [ "$h" = "${n%%.*}" ] || [ "${h%%.*}" = "$n" ]; ` +
	`then sh -s -- "$@"; exit $?; fi; ` +
	`ssh -T -o BatchMode=yes -o LogLevel=ERROR -o ConnectTimeout=10 -o ServerAliveInterval=15 ` +
	`-o StrictHostKeyChecking="$k" "$h" "sh -s -- $a"; ` +
	`r=$?; if [ "$r" = 255 ]; then echo ` + hopMark + ` >&2; fi; exit "$r"`

// hopMark is the last line of stderr when the gateway's ssh failed.
const hopMark = "calipso-hop-failed"

// How the gateway's ssh treats host keys that it does not know. Before OpenSSH 7.6 there was no way to accept new and
// refuse changed ones: such a gateway has to know its hosts already.
const (
	acceptNew = "accept-new"
	knownOnly = "yes"
)

var hostName = regexp.MustCompile(`^[A-Za-z0-9_.:@-]{1,255}$`)

// checkHost refuses names that must not come near a command.
func checkHost(host string) error {
	if strings.HasPrefix(host, "-") || !hostName.MatchString(host) {
		return failure(BadHost, nil, "host %.100q: the name is refused: it may have letters, digits and any of _.:@-, "+
			"and not begin with a \"-\"", host)
	}
	return nil
}

// hopCommand returns the command for the gateway that runs a script on the host.
func hopCommand(host, hostKeys string, args []string) string {
	words := append([]string{"sh", "-c", hop, "calipso", host, hostKeys, quote(args)}, args...)
	return quote(words)
}

// shellCommand returns the command for the host itself.
func shellCommand(args []string) string {
	return "sh -s -- " + quote(args)
}

// quote writes words so that a POSIX shell reads them as they are.
func quote(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strings.Join(quoted, " ")
}

// cutHopMark tells whether stderr says that the gateway's ssh failed, and returns stderr without that mark.
func cutHopMark(stderr []byte) ([]byte, bool) {
	return bytes.CutSuffix(stderr, []byte(hopMark+"\n"))
}

// checkArgs refuses arguments that no shell can take.
func checkArgs(args []string) error {
	for i, arg := range args {
		if strings.ContainsRune(arg, 0) {
			return fmt.Errorf("argument %d of the script has a NUL character", i+1)
		}
	}
	return nil
}

// hopped tells the failure of the gateway's ssh from the failure of the script.
func (c *Client) hopped(host string, result Result, err error) (Result, error) {
	rest, failed := cutHopMark(result.Stderr)
	var status *Error
	if !failed || !errors.As(err, &status) || status.Status != 255 {
		return result, err
	}
	result.Stderr = rest
	return result, failure(HopFailed, nil, "ssh from gateway %s to host %s failed: %s: check that there `ssh %s` works without a "+
		"password for user %s, or give the host an own entry in the CLI section's hosts",
		c.cfg.Gateway.Addr(), host, printable(rest), host, c.cfg.Gateway.User)
}

func isHopFailure(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == HopFailed
}
