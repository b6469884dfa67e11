package export

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
)

var (
	typeName     = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	linkTypeName = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}-[A-Za-z0-9_]{1,64}$`)
	documentID   = regexp.MustCompile(`^[0-9a-f]{24}$`)
)

// object reads an object, whose other keys are attributes and may be anything.
func (c *checker) object(text []byte) (*model.Object, error) {
	var known struct {
		DBID        string    `json:"_id"`
		Environment string    `json:"environment"`
		Type        string    `json:"type"`
		ID          string    `json:"id"`
		Name        string    `json:"name"`
		ObjectName  string    `json:"object_name"`
		ParentID    string    `json:"parent_id"`
		ParentType  string    `json:"parent_type"`
		IDPath      string    `json:"id_path"`
		NamePath    string    `json:"name_path"`
		Host        string    `json:"host"`
		Scope       string    `json:"found_in"`
		Fetcher     string    `json:"found_by"`
		ShowInTree  bool      `json:"show_in_tree"`
		LastScanned time.Time `json:"last_scanned"`
	}
	if err := keyError("document.", json.Unmarshal(text, &known)); err != nil {
		return nil, err
	}
	object := &model.Object{}
	if err := object.UnmarshalJSON(text); err != nil {
		return nil, keyError("document.", err)
	}
	return object, firstOf(c.own(object.Environment), matches("type", object.Type, typeName, "have letters, digits and _"),
		filled("id", object.ID), derived(known.DBID, object.DBID(), "environment, type and id"))
}

func (c *checker) link(l *model.Link) error {
	return firstOf(c.own(l.Environment), matches("link_type", l.LinkType, linkTypeName, "be SOURCE-TARGET, types of objects"),
		matches("source", l.Source, documentID, aDocumentID), matches("target", l.Target, documentID, aDocumentID),
		oneOf("state", l.State, model.LinkUp, model.LinkDown),
		derived(l.ID, model.LinkID(l.Environment, l.LinkType, l.Source, l.Target), "environment, link_type, source and target"))
}

const aDocumentID = "be a document's id, which has 24 hexadecimal digits"

// clique checks a clique. Its links in detail are not kept: they have lines of their own.
func (c *checker) clique(q *model.Clique) error {
	q.LinksDetailed = nil
	return firstOf(c.own(q.Environment), matches("focal_point", q.FocalPoint, documentID, aDocumentID),
		matches("focal_point_type", q.FocalPointType, typeName, "have letters, digits and _"),
		derived(q.ID, model.CliqueID(q.Environment, q.FocalPoint), "environment and focal_point"))
}

func (c *checker) own(environment string) error {
	if environment == c.environment {
		return nil
	}
	return wrong("document.environment", "must be %s, whose inventory this is to be, not %s", quoted(c.environment), quoted(environment))
}

func matches(key, value string, pattern *regexp.Regexp, must string) error {
	if pattern.MatchString(value) {
		return nil
	}
	return wrong("document."+key, "must %s, and not be %s", must, quoted(value))
}

func filled(key, value string) error {
	if strings.TrimSpace(value) != "" {
		return nil
	}
	return wrong("document."+key, "this key is missing, or blank")
}

func oneOf(key, value string, values ...string) error {
	for _, v := range values {
		if v == value {
			return nil
		}
	}
	return wrong("document."+key, "must be one of %s, not %s", strings.Join(values, ", "), quoted(value))
}

// derived checks an id that follows from other keys: a wrong one would take the place of another document.
func derived(id, right, keys string) error {
	if id == right {
		return nil
	}
	return wrong("document._id", "must be %q, which follows from %s, not %s", right, keys, quoted(id))
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// quoted shows a value, or its beginning.
func quoted(value string) string {
	if runes := []rune(value); len(runes) > 100 {
		value = string(runes[:100]) + "…"
	}
	return strconv.Quote(value)
}
