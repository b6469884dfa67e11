package apic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"calipso.io/calipso/pkg/conn/rest"
)

// Attributes are what an APIC says of an object, by its own names. All values are text.
type Attributes map[string]string

// Query asks for the objects of a class.
type Query struct {
	Class  string // "lldpAdjEp"
	Below  string // the distinguished name of a managed object, to ask only for what is there and below it
	Filter string // in the APIC's own form: eq(fabricNode.role,"spine")
}

// answer is what an APIC answers.
type answer struct {
	// Total counts the objects of all pages.
	Total json.Number `json:"totalCount"`
	Data  []map[string]struct {
		Attributes Attributes `json:"attributes"`
	} `json:"imdata"`
}

// objects returns the objects of a class.
func (a answer) objects(class string) (list []Attributes) {
	for _, each := range a.Data {
		if o, ok := each[class]; ok {
			list = append(list, o.Attributes)
		}
	}
	return list
}

// Each passes the objects that a query selects to a function, page after page. An answer with fewer objects than the APIC
// says that there are is an error: what is missing must not count as gone.
func (c *Client) Each(ctx context.Context, q Query, each func(Attributes)) error {
	got := 0
	for page := 0; ; page++ {
		target := c.target(q, page)
		found, err := c.withToken(ctx, target)
		if err != nil {
			return err
		}
		total, err := found.Total.Int64()
		if err != nil || found.Data == nil {
			return fmt.Errorf("GET %s: the answer has no list of objects (imdata) with a totalCount", target)
		}
		objects := found.objects(q.Class)
		for _, o := range objects {
			each(o)
		}
		got += len(objects)
		switch {
		case int64(got) >= total:
			return nil
		case len(objects) < c.cfg.PageSize:
			return fmt.Errorf("GET %s: the answer is not complete: it has %d of %d objects", target, got, total)
		}
	}
}

// target is the address of one page of what a query selects. Without an order pages would overlap.
func (c *Client) target(q Query, page int) *url.URL {
	params := url.Values{
		"order-by": {q.Class + ".dn"}, "page": {strconv.Itoa(page)}, "page-size": {strconv.Itoa(c.cfg.PageSize)},
	}
	path := "/api/class/" + q.Class + ".json"
	if q.Below != "" {
		path = "/api/mo/" + q.Below + ".json"
		params.Set("query-target", "subtree")
		params.Set("target-subtree-class", q.Class)
	}
	if q.Filter != "" {
		params.Set("query-target-filter", q.Filter)
	}
	target := c.base.JoinPath(path)
	target.RawQuery = params.Encode()
	return target
}

// exchange makes one request, with a token when there is one.
func (c *Client) exchange(ctx context.Context, method string, target *url.URL, body []byte, token string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("User-Agent", "calipso")
	if token != "" {
		req.AddCookie(&http.Cookie{Name: cookieName, Value: token})
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	var found answer
	unreadable := json.Unmarshal(content, &found)
	for _, o := range found.objects("error") {
		return answer{}, &statusError{code: resp.StatusCode, text: rest.Snippet([]byte(o["text"]))}
	}
	if resp.StatusCode != http.StatusOK {
		return answer{}, &statusError{code: resp.StatusCode, text: rest.Snippet(content), location: resp.Header.Get("Location")}
	}
	if unreadable != nil {
		return answer{}, fmt.Errorf("the answer can't be understood: %w", unreadable)
	}
	return found, nil
}
