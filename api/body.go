package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"

	"github.com/gin-gonic/gin"

	"calipso.io/calipso/pkg/export"
	"calipso.io/calipso/pkg/store"
)

// objectBody reads the body, which must be a JSON object.
func objectBody(c *gin.Context) ([]byte, error) {
	data, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return nil, cmp.Or[error](bodyError(err), store.Errorf(store.Invalid, "the body can't be read: %v", err))
	}
	data = bytes.TrimSpace(data)
	switch {
	case len(data) == 0:
		return nil, store.Errorf(store.Invalid, "the body is empty: it must be a JSON object")
	case !json.Valid(data):
		return nil, store.Errorf(store.Invalid, "the body is not JSON")
	case data[0] != '{':
		return nil, store.Errorf(store.Invalid, "the body is JSON, but not an object")
	}
	return data, nil
}

// bodyError is what a client is told of an error of reading a body; nil for one that is of another kind.
func bodyError(err error) error {
	var tooLong *http.MaxBytesError
	var line *export.LineError
	switch {
	case errors.As(err, &tooLong):
		return tooLong
	case errors.As(err, &line):
		return &store.Error{Code: store.Invalid, Field: line.Field, Message: line.Error()}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &refusal{http.StatusRequestTimeout, "the body, or more of it, has not come in " + bodyTime.String()}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return store.Errorf(store.Invalid, "the body can't be read: %v", err)
	}
	return nil
}

// decodeBody reads the body into a structure, which names all the keys that the body may have.
func decodeBody[T any](c *gin.Context) (body T, err error) {
	data, err := objectBody(c)
	if err != nil {
		return body, err
	}
	return decodeObject[T](data)
}

// decodeObject reads a JSON object into a structure, which names all the keys that it may have.
func decodeObject[T any](data []byte) (body T, err error) {
	if unknown := strangeKeys(data, reflect.TypeFor[T](), ""); len(unknown) > 0 {
		return body, unknownKeys("keys", unknown)
	}
	err = json.Unmarshal(data, &body)
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) {
		return body, invalid(keyOf(wrong.Field, reflect.TypeFor[T]()), "must be "+typeName(wrong.Type)+", not "+article(wrong.Value))
	}
	return body, err
}

// keyOf is the path of a key without the names of embedded structures, which bodies don't have.
func keyOf(path string, t reflect.Type) string {
	for _, field := range reflect.VisibleFields(t) {
		if field.Anonymous {
			path = strings.TrimPrefix(path, field.Name+".")
		}
	}
	return path
}

// strangeKeys returns the keys of JSON objects that the structure does not name, with their paths.
func strangeKeys(data json.RawMessage, t reflect.Type, path string) (unknown []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var object map[string]json.RawMessage
	if t.Kind() != reflect.Struct || json.Unmarshal(data, &object) != nil {
		return nil
	}
	types := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		types[name] = field.Type
	}
	for key, value := range object {
		if known, ok := types[key]; ok {
			unknown = append(unknown, strangeKeys(value, known, path+key+".")...)
		} else {
			unknown = append(unknown, path+key)
		}
	}
	return unknown
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "a boolean"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Pointer:
		return "an object"
	}
	return "a number"
}

// article puts "a" or "an" before encoding/json's name for a kind of value.
func article(kind string) string {
	switch kind {
	case "bool":
		return "a boolean"
	case "object", "array":
		return "an " + kind
	}
	return "a " + kind
}
