package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	xssh "golang.org/x/crypto/ssh"

	"calipso.io/calipso/pkg/conn/ssh"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/model"
)

// rootCommands runs on hosts what scans run there as root.
type rootCommands struct {
	cfg    Config
	user   string
	client *ssh.Client
}

// missing is the exit status of a program that is not there.
const missing = 127

// rooted are the commands that need root: each by the program without which a host needs no right to it.
func rooted() []hostcmd.Command {
	var commands []hostcmd.Command
	for _, c := range []struct {
		program string
		command hostcmd.Command
	}{
		{"ovs-vsctl", hostcli.VsctlShow}, {"ovs-dpctl", hostcli.DpctlShow}, {"ip", hostcli.NamespaceAddresses}, {"virsh", hostcli.Domains},
		{"lldpctl", hostcli.LLDP}, {"vppctl", hostcli.VPPVersion},
	} {
		c.command.Script = fmt.Sprintf("has %s || exit %d\n%s", c.program, missing, c.command.Script)
		commands = append(commands, c.command)
	}
	return commands
}

// run returns which of the commands the host has. It is an error when sudo refuses one.
func (r *rootCommands) run(ctx context.Context, host string) (string, error) {
	sudo := ""
	if r.user != "root" {
		sudo = "sudo -n"
	}
	commands, sudo := r.cfg.Wrappers.Wrap(r.cfg.Env, &model.Object{Type: model.TypeHost, ID: host}, rooted(), sudo)
	mark := rand.Text()
	result, err := r.client.Run(ctx, host, hostcmd.Script(commands, mark), hostcmd.Args(commands, sudo)...)
	if err != nil {
		return "", err
	}
	return report(commands, hostcmd.Split(commands, mark, result.Stdout, result.Stderr))
}

// report says which commands there are. What sudo refuses is an error; what fails for another reason may have to do with
// what the host is for, and is only told.
func report(commands []hostcmd.Command, outputs hostcmd.Outputs) (string, error) {
	var done, absent, failed, refused []string
	for _, c := range commands {
		out, ok := outputs[c.Name]
		switch {
		case ok && out.Exit == missing:
			absent = append(absent, c.Name)
		case ok && out.Err() == nil:
			done = append(done, c.Name)
		case isRefused(out):
			refused = append(refused, c.Name)
		default:
			failed = append(failed, c.Name)
		}
	}
	if len(refused) > 0 {
		return "", advised{fmt.Errorf("sudo refuses %s", strings.Join(refused, ", ")),
			"put deployments/sudoers.d/calipso into /etc/sudoers.d of the host, with the name of the account, and compare the paths of the commands"}
	}
	return listed("allowed: ", done) + listed("; not on this host: ", absent) + listed("; failed on this host, though allowed: ", failed), nil
}

// isRefused tells whether it was sudo that failed.
func isRefused(out hostcmd.Output) bool {
	for line := range strings.Lines(string(out.Stderr)) {
		if strings.HasPrefix(line, "sudo:") || strings.HasPrefix(line, "Sorry, user ") {
			return true
		}
	}
	return false
}

func listed(title string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return title + strings.Join(names, ", ")
}

// fingerprint is that of a key in the format of authorized_keys.
func fingerprint(key string) string {
	parsed, _, _, _, err := xssh.ParseAuthorizedKey([]byte(key))
	if err != nil {
		return "that can't be read"
	}
	return xssh.FingerprintSHA256(parsed)
}
