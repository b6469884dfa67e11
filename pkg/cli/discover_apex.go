package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"calipso.io/calipso/pkg/conn/ssh"
	"calipso.io/calipso/pkg/discover/hostcmd"
	"calipso.io/calipso/pkg/envsource"
)

// apexOptions say where Apex's files are: in a folder, or on its hosts.
type apexOptions struct {
	discoverOptions
	controller, nodeUser, knownHosts string
}

func discoverApexCommand() *cobra.Command {
	var o apexOptions
	cmd := &cobra.Command{Use: "apex [FOLDER]", Short: "From the files of Apex (TripleO): in a folder, or on its hosts",
		Long: "From the files of Apex (TripleO). FOLDER has the undercloud's overcloudrc, and of a controller of the overcloud\n" +
			"the JSON files of /etc/puppet/hieradata and /etc/hosts, as \"hosts\". Without FOLDER they are read by SSH, from the\n" +
			"undercloud (--host) and, through it, from the controller.",
		Example: "  calipso env discover apex --host 192.168.122.62 --key ~/.ssh/id_rsa --controller 192.0.2.8 -o apex.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := o.read(cmd.Context(), args)
			if err != nil {
				return err
			}
			found, err := envsource.Apex(files)
			return o.write(cmd, found, err)
		}}
	o.discoverOptions.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.host, "host", "", "the undercloud, or a jump host: address, or address:port; scans go through it")
	f.StringVar(&o.user, "user", "stack", "who logs in there")
	f.StringVar(&o.key, "key", "~/.ssh/id_rsa", "private key for it and for the nodes of the overcloud")
	f.StringVar(&o.controller, "controller", "", "address of a controller, as seen from there")
	f.StringVar(&o.nodeUser, "node-user", "heat-admin", "who logs in to the nodes of the overcloud")
	f.StringVar(&o.knownHosts, "known-hosts", "~/.ssh/known_hosts", "keys of these hosts; no others are accepted")
	return cmd
}

func (o *apexOptions) read(ctx context.Context, args []string) (files envsource.ApexFiles, err error) {
	key, err := readKeyFile(o.key)
	if err != nil && (len(args) == 0 || o.host != "") {
		return files, fmt.Errorf("--key: %w", err)
	}
	host, port, err := o.address()
	if err != nil {
		return files, err
	}
	if len(args) == 1 {
		files, err = apexFolder(args[0])
	} else {
		files, err = o.apexHosts(ctx, host, port, key)
	}
	files.Gateway = envsource.Login{Host: host, Port: port, User: o.user, Key: key}
	files.Node = envsource.Login{User: o.nodeUser, Key: key}
	return files, err
}

// address is where --host is.
func (o *apexOptions) address() (host string, port int, err error) {
	host, text, err := net.SplitHostPort(o.host)
	if err != nil {
		return o.host, 22, nil
	}
	if port, err = strconv.Atoi(text); err != nil {
		return "", 0, fmt.Errorf("--host %s: the port is no number", o.host)
	}
	return host, port, nil
}

func apexFolder(folder string) (files envsource.ApexFiles, err error) {
	if files.Overcloudrc, err = os.ReadFile(filepath.Join(folder, "overcloudrc")); err != nil {
		return files, err
	}
	if files.Hosts, err = os.ReadFile(filepath.Join(folder, "hosts")); err != nil {
		return files, err
	}
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("%s has no hieradata: no JSON file of /etc/puppet/hieradata", folder)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return files, err
		}
		files.Hieradata = append(files.Hieradata, text)
	}
	return files, err
}

const apexController = "controller"

// apexHosts reads the files on the hosts, over SSH.
func (o *apexOptions) apexHosts(ctx context.Context, host string, port int, key string) (files envsource.ApexFiles, err error) {
	if host == "" || o.controller == "" {
		return files, fmt.Errorf("give a FOLDER, or --host and --controller")
	}
	known, err := readKeyFile(o.knownHosts)
	if err != nil {
		return files, fmt.Errorf("--known-hosts: %w", err)
	}
	client, err := ssh.New(ssh.Config{Environment: "Apex", KnownHosts: known,
		Gateway: ssh.Login{Host: host, Port: port, User: o.user, Key: key},
		Hosts:   []ssh.Login{{Name: apexController, Host: o.controller, Port: 22, User: o.nodeUser, Key: key}}})
	if err != nil {
		return files, err
	}
	defer client.Close()
	undercloud, err := o.run(ctx, client, "localhost", envsource.ReadOvercloudrc)
	if err != nil {
		return files, err
	}
	commands := append(envsource.ReadHieradata(), envsource.ReadHosts)
	controller, err := o.run(ctx, client, apexController, commands...)
	if err != nil {
		return files, err
	}
	files.Overcloudrc, files.Hosts = undercloud[envsource.ReadOvercloudrc.Name].Stdout, controller[envsource.ReadHosts.Name].Stdout
	for _, command := range envsource.ReadHieradata() {
		if out := controller[command.Name]; out.Err() == nil {
			files.Hieradata = append(files.Hieradata, out.Stdout)
		}
	}
	if len(files.Hieradata) == 0 {
		return files, fmt.Errorf("controller %s: %s: %w", o.controller, commands[0].Name, controller[commands[0].Name].Err())
	}
	return files, undercloud[envsource.ReadOvercloudrc.Name].Err()
}

func (o *apexOptions) run(ctx context.Context, client *ssh.Client, host string, commands ...hostcmd.Command) (hostcmd.Outputs, error) {
	mark := "mark-" + rand.Text()
	sudo := "sudo -n"
	if host == apexController && o.nodeUser == "root" {
		sudo = ""
	}
	result, err := client.Run(ctx, host, hostcmd.Script(commands, mark), hostcmd.Args(commands, sudo)...)
	return hostcmd.Split(commands, mark, result.Stdout, result.Stderr), err
}
