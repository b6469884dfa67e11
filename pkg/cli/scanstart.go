package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/api/wire"
	"calipso.io/calipso/pkg/model"
)

// start asks for the scan and returns its id.
func (o *scanOptions) start(cmd *cobra.Command, c *client.Client) (string, error) {
	request, err := o.request(cmd.Context(), c)
	if err != nil {
		return "", err
	}
	scan := wire.NewScan{ScanRequest: request}
	if o.refuse {
		scan.IfRunning = client.RefuseIfRunning
	}
	id, err := c.SubmitScan(cmd.Context(), scan)
	if err != nil {
		return "", fmt.Errorf("scan of %s: %w", o.env, err)
	}
	return id, nil
}

// request makes the request for a scan of what the options say.
func (o *scanOptions) request(ctx context.Context, c *client.Client) (request client.ScanRequest, err error) {
	if err := o.resolve(ctx, c); err != nil {
		return request, err
	}
	request = client.ScanRequest{Environment: o.env, Inventory: o.inventory, LogLevel: o.logLevel, Clear: o.clear, Force: o.force,
		ScanOnlyInventory: o.inventoryOnly, ScanOnlyLinks: o.linksOnly, ScanOnlyCliques: o.cliquesOnly}
	request.ObjectType, request.ObjectID, err = o.object(ctx, c)
	return request, err
}

// object returns the type and id of the object to scan, both empty for the whole environment. An id by itself is left
// to the server, which knows whether it is unique.
func (o *scanOptions) object(ctx context.Context, c *client.Client) (objectType, id string, err error) {
	switch {
	case o.whole() && o.id != "" && o.id != o.env:
		return "", "", fmt.Errorf("--type environment --id %s: the environment is %s", o.id, o.env)
	case o.whole():
		return "", "", nil
	case o.idField == "id" && o.parentID == "" && o.parentType == "":
		return o.objectType, o.id, nil
	}
	filter := client.ObjectFilter{Environment: o.env, Inventory: o.inventory, Type: o.objectType,
		ParentID: o.parentID, ParentType: o.parentType}
	if o.idField == "name" {
		filter.Name = o.id
	}
	found, err := c.Objects(ctx, filter)
	if err != nil {
		return "", "", err
	}
	if o.idField == "id" {
		found = slices.DeleteFunc(found, func(object model.Object) bool { return object.ID != o.id })
	}
	one, err := onlyOne(found, o.env, o.objectType, o.how())
	return one.Type, one.ID, err
}

// how says in words by what the object is looked up.
func (o *scanOptions) how() string {
	text := fmt.Sprintf("%s %q", o.idField, o.id)
	switch {
	case o.parentID != "" && o.parentType != "":
		return fmt.Sprintf("%s below %s %q", text, o.parentType, o.parentID)
	case o.parentID != "":
		return fmt.Sprintf("%s below %q", text, o.parentID)
	case o.parentType != "":
		return fmt.Sprintf("%s below a %s", text, o.parentType)
	}
	return text
}
