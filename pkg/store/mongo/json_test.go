package mongo

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// throughBSON takes a JSON text the way that a stored document takes.
func throughBSON(t testing.TB, text []byte) []byte {
	t.Helper()
	value, err := fromJSON(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	raw, err := bson.Marshal(bson.D{{Key: keyDoc, Value: value}})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	got, err := toJSON(bson.Raw(raw).Lookup(keyDoc))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return got
}

func TestJSONThroughBSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"b":1,"a":[true,null,""]}`:           `{"a":[true,null,""],"b":1}`,
		` { "x" : 1.50 } `:                     `{"x":1.5}`,
		`[1e3,1e-9,-0.5,18446744073709551615]`: `[1000,1e-9,-0.5,18446744073709551615]`,
		`{"a.b":{"$c":{"":{"%":1}}}}`:          `{"a.b":{"$c":{"":{"%":1}}}}`,
		`{"%number":"1"}`:                      `{"%number":"1"}`,
		`"<a href=\"é\">\u0000\t"`:             `"\u003ca href=\"é\"\u003e\u0000\t"`,
	} {
		if diff := cmp.Diff(want, string(throughBSON(t, []byte(text)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestEncodedKeysAreSafe(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, key := range []string{"", "%", "%%", "%25", ".", "%2E", "a.b", "a%2Eb", "$", "$set", "%24set", "\x00", "%00", "%number"} {
		encoded := encodeKey(key)
		if strings.ContainsAny(encoded, ".$\x00") || encoded == "" || encoded == keyNumber {
			t.Errorf("%q becomes %q", key, encoded)
		}
		if other, ok := seen[encoded]; ok {
			t.Errorf("%q and %q both become %q", key, other, encoded)
		}
		seen[encoded] = key
		if back := decodeKey(encoded); back != key {
			t.Errorf("%q becomes %q and then %q", key, encoded, back)
		}
	}
}

func TestNoJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"a":`, `{"a"`, "[1,", "[1}", "{} {}", "nul", `{1:2}`} {
		if value, err := fromJSON([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, value)
		}
	}
}

func TestForeignBSON(t *testing.T) {
	t.Parallel()
	raw, err := bson.Marshal(bson.D{{Key: keyDoc, Value: bson.NewObjectID()}})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := toJSON(bson.Raw(raw).Lookup(keyDoc)); err == nil || !strings.Contains(err.Error(), "objectID") {
		t.Errorf("an ObjectId is read as %s (%v), want an error that names the type", text, err)
	}
}

func FuzzJSONThroughBSON(f *testing.F) {
	f.Add([]byte(`{"a.b":[1,2.5,{"$x":null}],"%":"é","":18446744073709551615}`))
	f.Add([]byte(`[[],{},"\u0000",-1e-300]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := fromJSON(text); err != nil {
			return
		}
		var want, got any
		if json.Unmarshal(text, &want) != nil {
			return // a number beyond float64, say
		}
		if err := json.Unmarshal(throughBSON(t, text), &got); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%q becomes %v (%v)", text, got, err)
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	text := []byte(`{"_id":"0123456789abcdef","ports":[` + strings.Repeat(`{"name":"tap0123","mac_address":"fa:16:3e:00:00:01","tag":4,"text":"`+
		strings.Repeat("x", 40)+`"},`, 4) + `{}],"text":"` + strings.Repeat("y", 300) + `","a":"1","b":"2","c":"3","d":true,"e":null}`)
	value, err := fromJSON(text)
	if err != nil {
		b.Fatal(err)
	}
	raw, _ := bson.Marshal(bson.D{{Key: keyDoc, Value: value}})
	b.Run("to BSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			value, _ := fromJSON(text)
			_, _ = bson.Marshal(bson.D{{Key: keyDoc, Value: value}})
		}
	})
	b.Run("from BSON", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = toJSON(bson.Raw(raw).Lookup(keyDoc))
		}
	})
}
