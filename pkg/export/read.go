package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"calipso.io/calipso/pkg/model"
)

// LongestLine is how many bytes a line may have that is read: what a document may have in a MongoDB.
const LongestLine = 16 << 20

// Record is a line of an export that was read: one of the three is set.
type Record struct {
	Object *model.Object
	Link   *model.Link
	Clique *model.Clique
	Size   int // of the line, in bytes
}

// LineError says which value of which line is wrong, and what would be right.
type LineError struct {
	Line    int    // they count from 1
	Field   string // path of the key; "" when it is the line as a whole
	Message string
}

// Error implements error.
func (e *LineError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Field, e.Message)
}

// Read reads the JSON lines of an environment's export, checks each, and passes it on. Blank lines are passed over. What is
// wrong with a line is a *LineError; what the reader or the function returns is returned as it is.
func Read(r io.Reader, environment string, each func(Record) error) error {
	from := &source{Reader: r}
	scanner := bufio.NewScanner(from)
	scanner.Buffer(make([]byte, 64<<10), LongestLine)
	c := checker{environment: environment, seen: map[string]int{}}
	n := 1
	for ; scanner.Scan(); n++ {
		line := bytes.TrimSpace(scanner.Bytes())
		if len(line) == 0 {
			continue
		}
		record, err := c.read(n, line)
		if err != nil && from.err != nil {
			return from.err // the line was cut off
		}
		if err != nil {
			return at(n, err)
		}
		if err := each(record); err != nil {
			return err
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return &LineError{Line: n, Message: fmt.Sprintf("it is longer than %d bytes", LongestLine)}
	}
	return scanner.Err()
}

// source notes with what error reading ends.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (n int, err error) {
	if n, err = s.Reader.Read(p); err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// at says in which line something is wrong.
func at(line int, err error) error {
	if wrong := (*LineError)(nil); errors.As(err, &wrong) {
		wrong.Line = line
	}
	return err
}

// wrong is what is wrong with a key of a line.
func wrong(field, format string, args ...any) error {
	return &LineError{Field: field, Message: fmt.Sprintf(format, args...)}
}

// checker checks lines one after the other.
type checker struct {
	environment string
	seen        map[string]int // lines of documents, by the documents' ids
}

func (c *checker) read(n int, text []byte) (Record, error) {
	switch {
	case !json.Valid(text):
		return Record{}, wrong("", "it is not JSON")
	case text[0] != '{':
		return Record{}, wrong("", "it is JSON, but not an object")
	}
	var of struct {
		Collection string          `json:"collection"`
		Document   json.RawMessage `json:"document"`
	}
	if err := decode(text, "", &of); err != nil {
		return Record{}, err
	}
	if len(of.Document) == 0 || of.Document[0] != '{' {
		return Record{}, wrong("document", "must be an object")
	}
	record, id, err := c.document(of.Collection, of.Document)
	record.Size = len(text)
	if before, twice := c.seen[id]; err == nil && twice {
		err = wrong("document._id", "the document %q is in line %d already", id, before)
	}
	c.seen[id] = n
	return record, err
}

// document reads a document of a collection, and returns it with its id.
func (c *checker) document(collection string, text []byte) (r Record, id string, err error) {
	switch collection {
	case Inventory:
		r.Object, err = c.object(text)
		if err == nil {
			id = r.Object.DBID()
		}
	case Links:
		r.Link = &model.Link{}
		if err = decode(text, "document.", r.Link); err == nil {
			id, err = r.Link.ID, c.link(r.Link)
		}
	case Cliques:
		r.Clique = &model.Clique{}
		if err = decode(text, "document.", r.Clique); err == nil {
			id, err = r.Clique.ID, c.clique(r.Clique)
		}
	default:
		err = wrong("collection", "must be one of %s, not %s", strings.Join(Collections(), ", "), quoted(collection))
	}
	return r, id, err
}

// decode reads an object that has no other keys than those of a structure.
func decode(text []byte, path string, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return keyError(path, decoder.Decode(into))
}

// keyError names the key that an error of decoding is about.
func keyError(path string, err error) error {
	var kind *json.UnmarshalTypeError
	var instant *time.ParseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return wrong(path+kind.Field, "must be %s, not a JSON %s", kindName(kind), kind.Value)
	case errors.As(err, &instant):
		return wrong(path+"last_scanned", "must be a time such as 2026-01-31T02:00:00Z, not %s", quoted(strings.Trim(instant.Value, `"`)))
	}
	return wrong(strings.TrimSuffix(path, "."), "%s", strings.TrimPrefix(err.Error(), "json: "))
}

// kindName says what a key takes.
func kindName(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "an integer"
}
