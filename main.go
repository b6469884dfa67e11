// Command calipso discovers the networking of clouds. Its roles (api, worker, scheduler, listen, or all in one process) and
// the commands to use it are subcommands.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"calipso.io/calipso/api/client"
	"calipso.io/calipso/pkg/app"
	"calipso.io/calipso/pkg/cli"
	"calipso.io/calipso/pkg/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := cli.Exit(os.Stderr, root().ExecuteContext(ctx))
	stop()
	os.Exit(code)
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calipso",
		Short: "See the virtual and physical networking of clouds",
		Long: `Calipso discovers the virtual and physical networking of clouds, keeps it as an inventory of
objects, links and cliques (the whole path around an object), and shows it.

  calipso env add -f lab.yaml     tell it of a cloud
  calipso scan -e lab             discover it
  calipso tree -e lab             look at what there is
  calipso graph -e lab INSTANCE   see the whole path of an instance

Without configuration everything is embedded, with its state in $CALIPSO_DATA.`,
		SilenceUsage: true, SilenceErrors: true, Version: app.Version,
	}
	cmd.AddCommand(
		role("all", "Run all roles in one process", app.Roles{API: true, Workers: true, Scheduler: true, Listener: true}),
		role("api", "Serve the REST API and the task monitor", app.Roles{API: true}),
		role("worker", "Do what is in the queues", app.Roles{Workers: true}),
		role("scheduler", "Submit scheduled scans, and recover the work of workers that died", app.Roles{Scheduler: true}),
		role("listen", "Keep what clouds tell of changes over their message buses, for workers to handle", app.Roles{Listener: true}),
	)
	cmd.AddCommand(cli.Commands(connect)...)
	cmd.AddCommand(cli.HealthCommand(func() (string, error) {
		config, err := app.FromEnvironment()
		return config.URL(), err
	}), cli.UserCommand(connect, func(ctx context.Context) (*store.DB, error) {
		config, err := app.FromEnvironment()
		if err != nil {
			return nil, err
		}
		return app.OpenStore(ctx, config)
	}))
	return cmd
}

// connect finds the server that commands use, or starts one in this process.
func connect(ctx context.Context, work bool) (*client.Client, func(), error) {
	config, err := app.FromEnvironment()
	if err != nil {
		return nil, nil, err
	}
	return app.Connect(ctx, config, work)
}

// role makes the command that runs roles until it is told to stop.
func role(name, short string, roles app.Roles) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs}
	if roles.Workers {
		cmd.Flags().IntVar(&roles.Concurrency, "concurrency", app.DefaultConcurrency, "tasks that run at once")
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := app.FromEnvironment()
		if err != nil {
			return err
		}
		if name != "all" && config.Redis == "" {
			return fmt.Errorf("%s alone needs a Redis that it shares with the other roles: set CALIPSO_REDIS, or use \"calipso all\"", name)
		}
		if name == "all" {
			unlock, err := app.Lock(config)
			if err != nil {
				return err
			}
			defer unlock()
		}
		handler := slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
		a, err := app.Open(cmd.Context(), config, handler)
		if err != nil {
			return err
		}
		defer a.Close()
		roles.Started = func(url, password string) {
			slog.New(handler).Info("the API is ready", "url", url)
			if password != "" {
				fmt.Printf("First start: log in as \"admin\" with the password %s\n", password)
			}
		}
		return a.Run(cmd.Context(), roles)
	}
	return cmd
}
