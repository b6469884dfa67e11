// Package client is the Go client of Calipso's API. The commands use it, and so can other programs.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Client asks one Calipso server. It can be used by several goroutines at once. All methods return an *Error when the
// server refuses, and stop when their context ends.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New returns a client of the server at a base URL such as "http://127.0.0.1:8000". The token, which CreateToken gives,
// goes with every request; it can be empty for CreateToken and Ready.
func New(baseURL, token string) *Client {
	return &Client{base: strings.TrimRight(baseURL, "/"), token: token, http: &http.Client{}}
}

// Ready returns nil when the server can work: when it reaches its store and its queue.
func (c *Client) Ready(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/readyz", nil, nil, nil)
}

// call sends a request with a body, which becomes JSON unless it is a reader of JSON lines, and decodes the answer unless into is nil.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body, into any) error {
	answer, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer of %s to %s %s: %w", c.base, method, path, err)
	}
	return nil
}

// send returns the answer to a request, of which the caller closes the body; other answers than 2xx are errors.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	req, err := c.request(ctx, method, path, query, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		if urlErr := (*url.Error)(nil); errors.As(err, &urlErr) {
			err = urlErr.Err // without the URL, which the message has already
		}
		if errors.Is(err, http.ErrSchemeMismatch) {
			err = fmt.Errorf("%w: it does not speak TLS, so its address begins with http://", err)
		}
		return nil, fmt.Errorf("no answer from the Calipso server at %s: %w", c.base, err)
	}
	if answer.StatusCode/100 == 2 {
		return answer, nil
	}
	defer answer.Body.Close()
	return nil, readError(answer)
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	content, isStream := body.(io.Reader)
	if body != nil && !isStream {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		content = bytes.NewReader(data)
	}
	address := c.base + path
	if text := query.Encode(); text != "" {
		address += "?" + text
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return nil, err
	}
	if content != nil {
		req.Header.Set("Content-Type", map[bool]string{false: "application/json", true: "application/x-ndjson"}[isStream])
	}
	if c.token != "" {
		req.Header.Set("X-Auth-Token", c.token)
	}
	return req, nil
}

const pageSize = 1000

// list reads all pages of a list that stands under a key of the answer.
func list[T any](ctx context.Context, c *Client, path, key string, query url.Values) ([]T, error) {
	return some[T](ctx, c, path, key, query, 0)
}

// some reads a list until there are so many entries; 0 means all. Each page begins where the one before ended, so nothing
// is missed or read twice while documents come and go.
func some[T any](ctx context.Context, c *Client, path, key string, query url.Values, most int) (all []T, err error) {
	size := pageSize
	if most > 0 {
		size = min(most, pageSize)
	}
	query.Set("page_size", strconv.Itoa(size))
	for {
		entries, next, err := onePage[T](ctx, c, path, key, query)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
		if most > 0 && len(all) >= most {
			return all[:most], nil
		}
		if next == "" {
			return all, nil
		}
		query.Set("cursor", next)
	}
}

// listed reads a list that has no pages.
func listed[T any](ctx context.Context, c *Client, path, key string, query url.Values) ([]T, error) {
	entries, _, err := onePage[T](ctx, c, path, key, query)
	return entries, err
}

// onePage reads one page, and where the next one begins.
func onePage[T any](ctx context.Context, c *Client, path, key string, query url.Values) (entries []T, next string, err error) {
	answer := map[string]json.RawMessage{}
	if err := c.call(ctx, http.MethodGet, path, query, nil, &answer); err != nil {
		return nil, "", err
	}
	err = json.Unmarshal(answer[key], &entries)
	if err == nil && answer["next"] != nil {
		err = json.Unmarshal(answer["next"], &next)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read %s in the answer of %s to %s: %w", key, c.base, path, err)
	}
	return entries, next, nil
}

// params makes a query of keys and values that alternate; those with an empty value are left out.
func params(keysAndValues ...string) url.Values {
	query := url.Values{}
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		if keysAndValues[i+1] != "" {
			query.Set(keysAndValues[i], keysAndValues[i+1])
		}
	}
	return query
}
