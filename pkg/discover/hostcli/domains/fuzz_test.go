package domains

import (
	"encoding/json"
	"strings"
	"testing"

	"calipso.io/calipso/pkg/discover/golden"
	"calipso.io/calipso/pkg/discover/hostcli"
	"calipso.io/calipso/pkg/discover/hostcli/plug"
	"calipso.io/calipso/pkg/model"
)

func FuzzParse(f *testing.F) {
	golden.Seeds(f, "testdata", hostcli.Domains)
	f.Fuzz(func(t *testing.T, text []byte) {
		domain, err := Parse(text)
		if err != nil {
			return
		}
		for i := range domain.Interfaces {
			o := vnic("node-1", &model.Object{ID: domain.UUID}, &domain.Interfaces[i], plug.Index(nil))
			data, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			checkKeys(t, data)
		}
	})
}

// checkKeys fails when a key is not fit for every document store.
func checkKeys(t *testing.T, data []byte) {
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for key, e := range v {
				if key == "" || strings.ContainsAny(key, ".$\x00") {
					t.Errorf("key %q", key)
				}
				walk(e)
			}
		}
	}
	var document any
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	walk(document)
}

func TestDeepXML(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000)
	domain, err := Parse([]byte("<domain><uuid>u</uuid><devices><interface><source>" + deep + "</source></interface></devices></domain>"))
	if err != nil {
		t.Fatal(err)
	}
	o := vnic("node-1", &model.Object{ID: "u"}, &domain.Interfaces[0], plug.Index(nil))
	if data, err := json.Marshal(o); err != nil || len(data) > 1000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}
