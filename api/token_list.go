package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/store"
)

// listTokens answers GET /auth/tokens.
func (s *server) listTokens(c *gin.Context, _ query) error {
	tokens, err := s.ownTokens(c.Request.Context(), store.LoginToken, store.SessionToken)
	if err != nil {
		return err
	}
	list := wire.LoginList{Tokens: []wire.Login{}}
	for _, t := range tokens {
		list.Tokens = append(list.Tokens, wire.Login{ID: tokenID(t), Kind: string(t.Kind), Method: t.Method, Address: t.Address,
			Issued: t.Issued, Expires: t.Expires, Used: t.Used})
	}
	c.JSON(http.StatusOK, list)
	return nil
}

// revokeToken answers DELETE /auth/tokens/{id}.
func (s *server) revokeToken(c *gin.Context, _ query) error {
	return s.revoke(c, "login", store.LoginToken, store.SessionToken)
}

// revoke ends the user's token that the path names.
func (s *server) revoke(c *gin.Context, noun string, kinds ...store.TokenKind) error {
	ctx, id := c.Request.Context(), c.Param("id")
	tokens, err := s.ownTokens(ctx, kinds...)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(tokens, func(t store.Token) bool { return tokenID(t) == id })
	if i < 0 {
		return store.Errorf(store.NotFound, "you have no %s %q", noun, id)
	}
	if _, err := s.root.Tokens.Delete(ctx, store.IDs(tokens[i].Hash)); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// ownTokens returns the user's tokens of some kinds that have not expired, the newest first.
func (s *server) ownTokens(ctx context.Context, kinds ...store.TokenKind) ([]store.Token, error) {
	all, err := s.root.Tokens.Find(ctx, store.Where(store.Is(store.TokenOwner, s.user.Owner())))
	now := s.Now()
	own := slices.DeleteFunc(all, func(t store.Token) bool { return !slices.Contains(kinds, t.Kind) || now.After(t.Expires) })
	slices.SortStableFunc(own, func(a, b store.Token) int {
		return b.Issued.Compare(a.Issued)
	})
	return own, err
}

// EndLogins makes all tokens, sessions and keys of a user worth nothing.
func EndLogins(ctx context.Context, db *store.DB, user auth.Identity) error {
	_, err := db.Tokens.Delete(ctx, store.Is(store.TokenOwner, user.Owner()))
	return err
}
