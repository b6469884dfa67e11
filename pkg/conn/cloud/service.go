package cloud

import (
	"context"
	"net/http"
)

// identity is the type of Keystone in the catalogue.
const identity = "identity"

// serviceKey is the key, in the context of a request, of the type of the service that it goes to.
type serviceKey struct{}

func withService(ctx context.Context, serviceType string) context.Context {
	return context.WithValue(ctx, serviceKey{}, serviceType)
}

// serviceOf returns the type of the service that a request goes to. Only logins are posted; one may come in the middle
// of another service's request, when the token has expired.
func serviceOf(req *http.Request) string {
	if name, ok := req.Context().Value(serviceKey{}).(string); ok && req.Method != http.MethodPost {
		return name
	}
	return identity
}
