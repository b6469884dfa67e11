package api

import (
	"cmp"
	"time"

	"github.com/gin-gonic/gin"
)

// watch returns a ticker for who watches something that does not end: at each tick the login and the right must still be
// there.
func (s *server) watch() *time.Ticker { return time.NewTicker(s.lookEvery()) }

func (s *server) lookEvery() time.Duration { return cmp.Or(s.lookAgain, keepAliveEvery) }

// still returns the server as the user sees it by now, or an error when the login has ended.
func (s *server) still(c *gin.Context) (*server, error) { return s.admitUser(c, login) }
