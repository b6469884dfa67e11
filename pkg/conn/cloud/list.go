package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gophercloud/gophercloud/v2"

	"calipso.io/calipso/pkg/conn/rest"
)

// computeVersion is the microversion that Nova is asked for: hypervisors and services have uuids, and hypervisors
// come in pages. Older clouds get no version, and answer with what they have.
const computeVersion = "2.53"

// listing is one list of an API.
type listing struct {
	path  string     // below the service's endpoint
	key   string     // of the list in the answer
	query url.Values // what to ask for; pages are added
	pages bool       // the list comes in pages
}

// list reads a whole list, page after page.
func (c *Client) list(ctx context.Context, service *gophercloud.ServiceClient, l listing) ([]Item, error) {
	query := url.Values{}
	for key, values := range l.query {
		query[key] = values
	}
	if l.pages {
		query.Set("limit", strconv.Itoa(c.cfg.PageSize))
	}
	var all []Item
	markers := map[string]bool{}
	for {
		page, more, err := c.page(ctx, service, l, query)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if !more || !l.pages || len(page) == 0 {
			return all, nil
		}
		marker := page[len(page)-1].Str("id")
		if marker == "" || markers[marker] {
			return nil, fmt.Errorf("GET %s: its pages repeat after %d rows", service.ServiceURL(l.path), len(all))
		}
		markers[marker] = true
		query.Set("marker", marker)
	}
}

// page reads one page, and whether the service says that more follow.
func (c *Client) page(ctx context.Context, service *gophercloud.ServiceClient, l listing, query url.Values) (rows []Item, more bool, err error) {
	target := service.ServiceURL(l.path)
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	body, err := c.get(ctx, service, target)
	if err != nil {
		return nil, false, c.explain(http.MethodGet, target, err)
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, false, fmt.Errorf("GET %s: the answer is not an object: %s", target, c.redact(rest.Snippet(body)))
	}
	// Without the key or with null there is no list: an empty one would make all that is known disappear.
	if err := json.Unmarshal(answer[l.key], &rows); err != nil || rows == nil {
		return nil, false, fmt.Errorf("GET %s: the answer has no list %q: %s", target, l.key, c.redact(rest.Snippet(body)))
	}
	return rows, hasNext(answer[l.key+"_links"]), nil
}

// hasNext tells whether a page's links point at a next one. Only their presence is used: behind a proxy they are
// often wrong.
func hasNext(raw json.RawMessage) bool {
	var links []struct{ Rel string }
	if json.Unmarshal(raw, &links) != nil {
		return false
	}
	for _, link := range links {
		if link.Rel == "next" {
			return true
		}
	}
	return false
}

// get makes one request. Nova's microversion is left out once it has been refused.
func (c *Client) get(ctx context.Context, service *gophercloud.ServiceClient, target string) ([]byte, error) {
	ctx = withService(ctx, service.Type)
	versioned := *service
	if service.Type == compute.name && !c.oldCompute.Load() {
		versioned.Microversion = computeVersion
	}
	resp, err := versioned.Get(ctx, target, nil, &gophercloud.RequestOpts{KeepResponseBody: true})
	if versioned.Microversion != "" && gophercloud.ResponseCodeIs(err, http.StatusNotAcceptable) {
		c.oldCompute.Store(true)
		resp, err = service.Get(ctx, target, nil, &gophercloud.RequestOpts{KeepResponseBody: true})
	}
	if err != nil {
		return nil, err
	}
	if resp.Body == nil {
		return nil, errors.New("the answer is empty")
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
