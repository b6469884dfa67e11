package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/crypto/ssh"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/store"
)

func hostKeyRoutes() []route {
	return []route{
		{"GET", "/environment_configs/:name/host_keys", login, nil, (*server).listHostKeys,
			doc{about: "The SSH host keys that hosts of an environment must have.", answer: wire.HostKeyList{}}},
		{"DELETE", "/environment_configs/:name/host_keys/:host", login, nil, (*server).deleteHostKey,
			doc{about: "Forget a host's key, host:port: the one that it has at the next connection is accepted.", answer: wire.Done{}}},
	}
}

// listHostKeys answers GET /environment_configs/{name}/host_keys.
func (s *server) listHostKeys(c *gin.Context, _ query) error {
	ctx, environment := c.Request.Context(), c.Param("name")
	if _, err := s.DB.Environments.Get(ctx, environment); err != nil {
		return err
	}
	entries := []wire.HostKey{}
	err := s.DB.HostKeys.Each(ctx, store.Where(store.Is(store.Environment, environment)), func(k store.HostKey) error {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(k.Key))
		if err != nil {
			return fmt.Errorf("read the host key %s: %w", k.ID, err)
		}
		entries = append(entries, wire.HostKey{Host: strings.TrimPrefix(k.ID, environment+"/"),
			Fingerprint: ssh.FingerprintSHA256(key), Accepted: k.Accepted})
		return nil
	})
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.HostKeyList{HostKeys: entries})
	return nil
}

// deleteHostKey answers DELETE /environment_configs/{name}/host_keys/{host:port}: the key that the host has at the next
// connection is accepted, whatever it is.
func (s *server) deleteHostKey(c *gin.Context, _ query) error {
	environment, host := c.Param("name"), c.Param("host")
	deleted, err := s.DB.HostKeys.Delete(c.Request.Context(), store.IDs(environment+"/"+host), store.Is(store.Environment, environment))
	if err != nil {
		return err
	}
	if deleted == 0 {
		return store.Errorf(store.NotFound, "no key of %s is remembered for environment %s", strconv.Quote(host), strconv.Quote(environment))
	}
	c.JSON(http.StatusOK, wire.Done{Message: "the next key of " + host + " will be accepted"})
	return nil
}
