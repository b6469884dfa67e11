package api

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
)

func docsRoutes() []route {
	return []route{
		{"GET", "/openapi.json", public, nil, (*server).getDocument,
			doc{about: "This description.", answer: map[string]any{}}},
		{"GET", "/docs", public, nil, (*server).docsPage,
			doc{about: "This description, to be read.", answer: "", media: mediaHTML}},
	}
}

// getDocument answers GET /openapi.json. It tells nothing that Calipso's source does not.
func (s *server) getDocument(c *gin.Context, _ query) error {
	described, err := s.document()
	if err != nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	c.JSON(http.StatusOK, described)
	return nil
}

func (s *server) docsPage(c *gin.Context, _ query) error { return nil }
