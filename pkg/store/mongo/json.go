package mongo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// keyNumber is the one key of a document that stands for a number which no type of BSON holds. No encoded key begins
// like it.
const keyNumber = "%number"

// fromJSON turns JSON into BSON that people can read and query: integers become int64, other numbers doubles; keys are in
// their order. Keys that servers refuse or misunderstand are encoded: see encodeKey. toJSON gives an equal JSON value back.
func fromJSON(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read JSON: there is more than one value")
	}
	return toBSON(value), nil
}

func toBSON(value any) any {
	switch value := value.(type) {
	case map[string]any:
		doc := make(bson.D, 0, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			doc = append(doc, bson.E{Key: encodeKey(key), Value: toBSON(value[key])})
		}
		return doc
	case []any:
		for i := range value {
			value[i] = toBSON(value[i])
		}
		return bson.A(value)
	case json.Number:
		return number(value.String())
	}
	return value
}

func number(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if strings.ContainsAny(text, ".eE") {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return bson.D{{Key: keyNumber, Value: text}}
}

// encodeKey writes ".", "$", "%" and the zero byte as "%" and two digits, as in URLs, and the empty key as "%".
func encodeKey(key string) string {
	if key == "" {
		return "%"
	}
	if !strings.ContainsAny(key, "%.$\x00") {
		return key // nearly always; a Replacer is slow
	}
	return keyEncoder.Replace(key)
}

func decodeKey(key string) string {
	if key == "%" {
		return ""
	}
	if !strings.Contains(key, "%") {
		return key
	}
	return keyDecoder.Replace(key)
}

var (
	keyEncoder = strings.NewReplacer("%", "%25", ".", "%2E", "$", "%24", "\x00", "%00")
	keyDecoder = strings.NewReplacer("%25", "%", "%2E", ".", "%24", "$", "%00", "\x00")
)

// toJSON turns what fromJSON made into JSON.
func toJSON(value bson.RawValue) (json.RawMessage, error) {
	return appendValue(make([]byte, 0, len(value.Value)), value)
}

func appendValue(out []byte, value bson.RawValue) ([]byte, error) {
	switch value.Type {
	case bson.TypeString:
		return appendText(out, value.StringValue()), nil
	case bson.TypeBoolean:
		return strconv.AppendBool(out, value.Boolean()), nil
	case bson.TypeNull:
		return append(out, "null"...), nil
	case bson.TypeInt64, bson.TypeInt32:
		return strconv.AppendInt(out, value.AsInt64(), 10), nil
	case bson.TypeDouble:
		return appendDouble(out, value.Double())
	case bson.TypeEmbeddedDocument:
		return appendDocument(out, value.Document())
	case bson.TypeArray:
		return appendArray(out, bson.Raw(value.Array()))
	}
	return nil, fmt.Errorf("a value of type %s, which JSON does not have", value.Type)
}

func appendDouble(out []byte, f float64) ([]byte, error) {
	text, err := json.Marshal(f) // refuses what is not a number
	return append(out, text...), err
}

func appendDocument(out []byte, doc bson.Raw) ([]byte, error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, err
	}
	if len(elements) == 1 && elements[0].Key() == keyNumber {
		text, _ := elements[0].Value().StringValueOK()
		return append(out, text...), nil
	}
	out = append(out, '{')
	for i, e := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendText(out, decodeKey(e.Key())), ':')
		if out, err = appendValue(out, e.Value()); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Key(), err)
		}
	}
	return append(out, '}'), nil
}

func appendArray(out []byte, list bson.Raw) ([]byte, error) {
	values, err := list.Values()
	if err != nil {
		return nil, err
	}
	out = append(out, '[')
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendValue(out, v); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

// appendText writes a text, without a detour if nothing in it needs an escape.
func appendText(out []byte, s string) []byte {
	if strings.IndexFunc(s, needsEscape) < 0 {
		return append(append(append(out, '"'), s...), '"')
	}
	text, _ := json.Marshal(s) // can't fail
	return append(out, text...)
}

func needsEscape(r rune) bool {
	return r < ' ' || r > '~' || r == '"' || r == '\\' || r == '<' || r == '>' || r == '&'
}
