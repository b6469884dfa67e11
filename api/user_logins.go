package api

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

func userLoginRoutes() []route {
	return []route{
		{"DELETE", "/users/:name/logins", access(auth.ManageUsers), params(oneOf("source", loginSources()...)), (*server).endLogins,
			doc{about: "End all logins of a user, also of one that another directory knows: tokens, sessions of browsers and API keys.", answer: wire.Count{}}},
	}
}

// loginSources are those who may know a user.
func loginSources() []string { return []string{auth.SourceLocal, auth.SourceLDAP, auth.SourceOIDC} }

// endLogins answers DELETE /users/{name}/logins. Who is known by a directory is not in the store: so there need not be such a
// user, and it is in the audit log whether there were logins or not.
func (s *server) endLogins(c *gin.Context, q query) error {
	ctx, name := c.Request.Context(), c.Param("name")
	sources := loginSources()
	if q.has("source") {
		sources = []string{q.text("source")}
	}
	owners := make([]string, 0, len(sources))
	for _, source := range sources {
		owners = append(owners, auth.Identity{User: name, Source: source}.Owner())
	}
	if err := auditOf(c).note(ctx, "ended all logins of "+strconv.Quote(name)); err != nil {
		return err
	}
	n, err := s.root.Tokens.Delete(ctx, store.Is(store.TokenOwner, owners...))
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, wire.Count{Count: n})
	return nil
}
