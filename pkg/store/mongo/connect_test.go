package mongo_test

import (
	"net"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/store/mongo"
)

// silent listens and never answers.
func silent(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener.Addr().String()
}

// closed is an address where nobody listens.
func closed(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestUnreachableServer(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{"closed port": closed(t), "no answer": silent(t)} {
		_, err := mongo.Open(t.Context(), "mongodb://scan:secret@"+address+"/x?serverSelectionTimeoutMS=200")
		if store.CodeOf(err) != store.Unavailable || !strings.Contains(err.Error(), address) {
			t.Errorf("%s: the error is %v, want that %s is unavailable", name, err, address)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
}

func TestWrongURI(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"mongodb://", "mongodb://u:secret@host:x/", "mongodb://h/a%zz", "mongodb://h/a.b", "mongodb://h/$x", "http://h/x",
		"mongodb://h/?timeoutMS=secret", "mongodb://u:secret@h,/x?tls=secret"} {
		_, err := mongo.Open(t.Context(), uri)
		if store.CodeOf(err) != store.Invalid {
			t.Errorf("%s: the error is %v, want an invalid one", uri, err)
		}
		if err != nil && strings.Contains(err.Error(), "u:secret") {
			t.Errorf("%s: the error tells the password: %v", uri, err)
		}
	}
}
