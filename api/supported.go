package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
	"calipso.io/calipso/pkg/variance"
)

func supportedRoutes() []route {
	return []route{
		{"GET", "/supported_environments", login, supportedParams(), (*server).listSupported,
			doc{about: "List which environments are supported, and for what.", answer: wire.SupportedList{}}},
	}
}

func supportedParams() []param {
	return params(text("distribution").many(), text("mechanism_drivers").many(), text("type_drivers").many())
}

// listSupported answers GET /supported_environments: the rows of the table that have the values that are given.
func (s *server) listSupported(c *gin.Context, q query) error {
	rows := make([]variance.Row, 0, len(s.Variances))
	for _, row := range s.Variances {
		e := row.Environment
		if q.meets("distribution", e.Distribution) && q.meets("mechanism_drivers", e.MechanismDrivers) && q.meets("type_drivers", e.TypeDrivers) {
			rows = append(rows, row)
		}
	}
	c.JSON(http.StatusOK, wire.SupportedList{Supported: rows})
	return nil
}

// meets tells whether a parameter is not given, or has one of the values.
func (q query) meets(param string, values []string) bool {
	return !q.has(param) || slices.ContainsFunc(q.list(param), func(v string) bool { return slices.Contains(values, v) })
}

// checkSupported refuses an environment that can't be scanned, or that has a section for what is not supported with it.
func (s *server) checkSupported(env *model.Environment) error {
	if err := s.Variances.Check(env, variance.Scanning); err != nil {
		return unsupported("distribution", err)
	}
	for i, section := range env.Configuration {
		feature := map[string]string{model.SectionAMQP: variance.Listening, model.SectionMonitoring: variance.Monitoring}[section.Name()]
		if feature == "" {
			continue
		}
		if err := s.Variances.Check(env, feature); err != nil {
			field := fmt.Sprintf("configuration[%d].%s", i, section.Name())
			return unsupported(field, fmt.Errorf("remove the section: %w", err))
		}
	}
	return nil
}

// checkScannable refuses a scan of an environment that can't be scanned, unless the scan says that it is to be done anyway.
// That the environment exists is checked elsewhere.
func (s *server) checkScannable(ctx context.Context, scan model.Scan) error {
	if scan.Force {
		return nil
	}
	env, err := s.DB.Environments.Get(ctx, scan.Environment)
	if store.CodeOf(err) == store.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.Variances.Check(&env, variance.Scanning); err != nil {
		return unsupported("environment", err)
	}
	return nil
}

func unsupported(field string, err error) error {
	return invalid(field, err.Error()+"; force=true does it anyway")
}
