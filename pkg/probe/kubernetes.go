package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"calipso.io/calipso/pkg/conn/rest"
	"calipso.io/calipso/pkg/model"
)

// kubernetesLimit is how long the API server may take to list namespaces.
const kubernetesLimit = 3 * time.Second

// kubernetes lists the namespaces of a cluster.
func kubernetes(_ Config, section model.Section, t *trial) {
	t.try("list namespaces", func(ctx context.Context) (string, error) {
		names, err := namespaces(ctx, section)
		return fmt.Sprintf("%d namespaces", names), err
	})
}

func namespaces(ctx context.Context, section model.Section) (count int, err error) {
	authorities, err := rest.Authorities(section.Str("ca_cert"))
	if err != nil {
		return 0, fmt.Errorf("section Kubernetes: %w", err)
	}
	transport := rest.NewTransport(rest.Config{TLS: authorities, Timeout: kubernetesLimit, Name: func(*http.Request) string { return "kubernetes" }})
	target := url.URL{Scheme: "https", Host: net.JoinHostPort(section.Str("host"), section.Str("port")), Path: "/api/v1/namespaces"}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+section.Str("token"))
	answer, err := (&http.Client{Transport: transport, CheckRedirect: rest.NoRedirects}).Do(request)
	if err != nil {
		return 0, notAnswered(target, err)
	}
	defer answer.Body.Close()
	var list struct{ Items []struct{} }
	switch answer.StatusCode {
	case http.StatusOK:
		err := json.NewDecoder(answer.Body).Decode(&list)
		return len(list.Items), err
	case http.StatusUnauthorized:
		return 0, fmt.Errorf("the API server at %s refuses the token: check token of the Kubernetes section", target.Host)
	case http.StatusForbidden:
		return 0, fmt.Errorf("the token of %s may not list namespaces: its account needs a role with get, list and watch", section.Str("user"))
	}
	return 0, fmt.Errorf("GET %s: %s: is this the address of a Kubernetes API server?", target.String(), answer.Status)
}

// notAnswered is the error of a request, without the words that http.Client puts around it.
func notAnswered(target url.URL, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return advised{fmt.Errorf("GET %s: what is there does not speak TLS", target.String()), "check port of the Kubernetes section"}
	}
	return fmt.Errorf("GET %s: %w", target.String(), err)
}
