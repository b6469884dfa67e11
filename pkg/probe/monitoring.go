package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"calipso.io/calipso/pkg/conn/amqp"
	"calipso.io/calipso/pkg/conn/ssh"
	"calipso.io/calipso/pkg/model"
)

// sensuHost is the virtual host that monitoring clients use.
const sensuHost = "/sensu"

// monitoring connects to the ports of the monitoring server, and logs in at its message broker, and by SSH where the section
// has a login.
func monitoring(cfg Config, section model.Section, t *trial) {
	address := func(port string) string { return net.JoinHostPort(section.Str("server_ip"), section.Str(port)) }
	t.try("connect to the monitoring API at "+address("api_port"), func(ctx context.Context) (string, error) {
		return "the port is open", connect(ctx, address("api_port"))
	})
	t.try("log in at the message broker at "+address("rabbitmq_port"), func(ctx context.Context) (string, error) {
		return sensuBroker(ctx, address("rabbitmq_port"), section)
	})
	if section.Str("ssh_user") != "" {
		t.try("log in by SSH", func(ctx context.Context) (string, error) { return sensuSSH(ctx, cfg, section) })
	}
}

func connect(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{Timeout: stepLimit}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// sensuBroker logs in, by TLS if the broker speaks it. The certificate of monitoring servers is most often their own, known to
// their clients only: then the password is not sent.
func sensuBroker(ctx context.Context, address string, section model.Section) (string, error) {
	if err := connect(ctx, address); err != nil {
		return "", err
	}
	config, err := amqp.FromSection(model.Section{"host": section.Str("server_ip"), "port": section.Str("rabbitmq_port"),
		"user": section.Str("rabbitmq_user"), "pwd": section.Str("rabbitmq_pass"), "vhost": sensuHost})
	if err != nil {
		return "", err
	}
	secure, err := speaksTLS(ctx, address, section.Str("server_ip"))
	var unverified *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unverified):
		return fmt.Sprintf("the port is open and speaks TLS; the login was not tried, since the certificate can't be verified from here (%v)", unverified.Err), nil
	case err == nil && secure:
		config.TLS = &tls.Config{ServerName: section.Str("server_ip"), MinVersion: tls.VersionTLS12}
	}
	probe, err := amqp.Dial(ctx, config)
	if err != nil {
		return "", err
	}
	defer probe.Close()
	return "as " + section.Str("rabbitmq_user") + " at virtual host " + sensuHost + " of " + probe.Broker(), nil
}

// speaksTLS tells whether there is TLS at an address; the error is of a certificate that can't be verified.
func speaksTLS(ctx context.Context, address, name string) (bool, error) {
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: stepLimit}, Config: &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err == nil {
		return true, conn.Close()
	}
	return false, err
}

func sensuSSH(ctx context.Context, cfg Config, section model.Section) (string, error) {
	keys := &shownKeys{known: cfg.HostKeys}
	login := model.Section{"name": model.SectionMonitoring, "host": section.Str("server_ip"), "port": section.Str("ssh_port"),
		"user": section.Str("ssh_user"), "pwd": section.Str("ssh_password")}
	var client *ssh.Client
	client, err := newSSH(cfg.Env.Name, login, keys)
	if err != nil {
		return "", err
	}
	defer client.Close()
	_, err = client.Run(ctx, gateway, []byte(":"))
	return "as " + section.Str("ssh_user") + keys.words(), refusedKey(err)
}
