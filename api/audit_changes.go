package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"calipso.io/calipso/pkg/auth"
	"calipso.io/calipso/pkg/model"
	"calipso.io/calipso/pkg/store"
)

// How much an entry of the audit log tells of what was changed.
const (
	toldDocuments = 20
	toldFields    = 50 // of each
	toldValue     = 256
)

// changes collects what a request changes. Of a document that is changed more than once it keeps how it was and is.
type changes struct {
	docs []store.Change
	more map[string]int // documents of which nothing is told, by collection
	envs map[string]bool
}

func (c *changes) add(change store.Change) {
	if c.more == nil {
		c.more, c.envs = map[string]int{}, map[string]bool{}
	}
	if change.Environment != "" {
		c.envs[change.Environment] = true
	}
	same := func(d store.Change) bool { return d.Collection == change.Collection && d.ID == change.ID }
	switch i := slices.IndexFunc(c.docs, same); {
	case change.ID != "" && i >= 0:
		c.docs[i].After = change.After
	case change.ID != "" && len(c.docs) < toldDocuments:
		c.docs = append(c.docs, change)
	default:
		c.more[change.Collection] += max(change.More, 1)
	}
}

func (c *changes) environments() []string { return slices.Sorted(maps.Keys(c.envs)) }

// first returns the id of the document that was changed first.
func (c *changes) first() string {
	if len(c.docs) == 0 {
		return ""
	}
	return toldID(c.docs[0])
}

// toldID is the id of a document as the log shows it. A token's is its hash, of which others see the beginning, too.
func toldID(c store.Change) string {
	if strings.HasPrefix(c.Collection, "api_") {
		return c.ID[:min(24, len(c.ID))]
	}
	return c.ID
}

// told is what the audit log tells of the changes.
func (c *changes) told() (told []model.AuditChange) {
	for _, d := range c.docs {
		change := model.AuditChange{Collection: d.Collection, ID: toldID(d), Fields: fieldsOf(d.Before, d.After)}
		if len(change.Fields) > toldFields {
			change.Fields, change.Cut = change.Fields[:toldFields], true
		}
		told = append(told, change)
	}
	for _, collection := range slices.Sorted(maps.Keys(c.more)) {
		told = append(told, model.AuditChange{Collection: collection, More: c.more[collection]})
	}
	return told
}

// fieldsOf lists the values in which two documents differ, by their paths. Either may be missing.
func fieldsOf(before, after json.RawMessage) (fields []model.AuditField) {
	was, is := flat(before), flat(after)
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if was[path] != is[path] {
			fields = append(fields, model.AuditField{Path: path, Before: shown(path, was[path]), After: shown(path, is[path])})
		}
	}
	return fields
}

// flat returns the values of a document, as text, by their paths. Lists of texts and numbers are one value.
func flat(doc json.RawMessage) map[string]string {
	values := map[string]string{}
	var root any
	decoder := json.NewDecoder(bytes.NewReader(doc))
	decoder.UseNumber()
	if decoder.Decode(&root) == nil {
		flatten(values, "", root)
	}
	return values
}

func flatten(values map[string]string, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			flatten(values, strings.TrimPrefix(path+"."+key, "."), v[key])
		}
	case []any:
		if !slices.ContainsFunc(v, structured) {
			values[path] = asText(v)
			return
		}
		for i := range v {
			flatten(values, fmt.Sprintf("%s[%d]", path, i), v[i])
		}
	case string:
		values[path] = v
	default:
		values[path] = asText(v)
	}
}

func structured(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

func asText(value any) string {
	text, _ := json.Marshal(value) // of what was decoded from JSON: it can't fail
	return string(text)
}

// secretPath are the paths of values that the log does not show.
var secretPath = regexp.MustCompile(`(?i)(pass|pwd|secret|token|hash|community|credential|cookie)[^.]*$|(^|\.)key$`)

// shown is a value as the log shows it.
func shown(path, value string) string {
	if value != "" && (secretPath.MatchString(path) || auth.IsSealed(value) || secretValue.MatchString(value)) {
		return auth.Masked
	}
	return shortened(value, toldValue)
}
