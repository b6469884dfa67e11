package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

// HealthCommand returns the command that asks a role whether it is well, for places without curl, as containers. Without
// an argument it asks the API at the URL that the function returns.
func HealthCommand(api func() (string, error)) *cobra.Command {
	cmd := &cobra.Command{Use: "health [URL]", Short: "Ask the API, or what is at a URL, whether it is well", Args: cobra.MaximumNArgs(1)}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return health(cmd.Context(), args[0], cmd.OutOrStdout())
		}
		url, err := api()
		if err != nil {
			return err
		}
		return health(cmd.Context(), url+"/readyz", cmd.OutOrStdout())
	}
	quiet(cmd)
	return cmd
}

// health prints the answer of a URL. Anything but 200 within five seconds is an error.
func health(ctx context.Context, url string, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", url, err)
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, answer.Status, text)
	}
	fmt.Fprintln(out, safe(string(text)))
	return nil
}
