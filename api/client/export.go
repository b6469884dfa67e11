package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"calipso.io/calipso/api/wire"
)

// Document is a line of an export.
type Document = wire.ExportLine[json.RawMessage]

// Export writes everything that is known of an environment as JSON lines, ordered by collection (inventory, links,
// cliques) and document id (GET /export). An error means that what was written is not the whole.
func (c *Client) Export(ctx context.Context, environment, inventory string, w io.Writer) error {
	return c.export(ctx, environment, inventory, func(lines io.Reader) error {
		_, err := io.Copy(w, lines)
		return err
	})
}

// ExportOptions say what is exported, and how. Environment is needed.
type ExportOptions struct {
	Environment string
	Inventory   string // the default one when empty
	Format      string // jsonl, csv, graphml or dot; jsonl when empty
	Collection  string // inventory, links or cliques; all when empty, but for csv
	FocalPoint  string // document id: only its clique
}

// ExportAs is Export in a format, of a part (GET /export).
func (c *Client) ExportAs(ctx context.Context, o ExportOptions, w io.Writer) error {
	query := params("env_name", o.Environment, "inventory", o.Inventory, "format", o.Format, "collection", o.Collection, "focal_point", o.FocalPoint)
	answer, err := c.send(ctx, http.MethodGet, "/export", query, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(w, answer.Body); err != nil {
		return fmt.Errorf("export %s: %w", o.Environment, err)
	}
	return nil
}

// Documents passes each document of an export to a function, until that returns an error, which Documents then returns.
func (c *Client) Documents(ctx context.Context, environment, inventory string, each func(Document) error) error {
	return c.export(ctx, environment, inventory, func(lines io.Reader) error {
		decoder := json.NewDecoder(lines)
		for {
			var d Document
			if err := decoder.Decode(&d); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			if err := each(d); err != nil {
				return err
			}
		}
	})
}

// DeleteInventory removes what an alternate inventory has of an environment (DELETE /inventory).
func (c *Client) DeleteInventory(ctx context.Context, environment, inventory string) error {
	return c.call(ctx, http.MethodDelete, "/inventory", params("env_name", environment, "inventory", inventory), nil, nil)
}

func (c *Client) export(ctx context.Context, environment, inventory string, read func(io.Reader) error) error {
	answer, err := c.send(ctx, http.MethodGet, "/export", params("env_name", environment, "inventory", inventory), nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if err := read(answer.Body); err != nil {
		return fmt.Errorf("export %s: %w", environment, err)
	}
	return nil
}
