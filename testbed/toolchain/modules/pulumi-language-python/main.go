// pulumi-language-python is the language host through which the Pulumi engine runs what is written in Python: programs,
// policy packs and component plugins. It serves only where the host that comes with the official Pulumi CLI is absent.
//
// It implements the calls that the engine makes while it runs those three, for `pulumi about`, `pulumi install`, `pulumi
// new` and `pulumi package add`. What is left to the embedded Unimplemented server has no effect when absent (prompts and
// templates of `pulumi new`), or converts programs of other languages, for which the official CLI is needed.
//
// The script that executes a program inside Python, pulumi-language-python-exec, is part of Pulumi's SDK module and is
// expected beside this binary.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	if err := serve(os.Args[1:], os.Stdout); err != nil {
		cmdutil.Exit(err)
	}
}

// serve runs the host until a signal arrives or the engine is gone, and returns when its children have ended too.
func serve(arguments []string, stdout io.Writer) error {
	engine := engineAddress(arguments)
	executor, err := findExecutor()
	if err != nil {
		return err
	}

	ctx, ignoreSignals := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer ignoreSignals()
	h := newHost(ctx, executor)
	if engine != "" {
		if err := h.attach(engine); err != nil {
			return err
		}
	}

	stopServing := make(chan bool)
	context.AfterFunc(h.lifetime, func() { close(stopServing) })
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopServing, // a graceful stop: it waits for the calls that still have a child
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, h)
			return nil
		},
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, server.Port); err != nil { // how the engine learns where to connect
		return fmt.Errorf("tell the engine the port: %w", err)
	}
	return <-server.Done
}

// engineAddress returns the one argument of a host. It is absent when a developer starts the host by hand and lets the
// engine attach to it (PULUMI_DEBUG_LANGUAGES); the address then comes with the handshake.
func engineAddress(arguments []string) string {
	flags := flag.NewFlagSet("secure-tiller's pulumi-language-python", flag.ExitOnError)
	// The engine hands its own logging and tracing flags to every plugin; this host has nothing to log or trace.
	flags.Bool("logtostderr", false, "accepted, without effect")
	flags.Int("v", 0, "accepted, without effect")
	flags.String("tracing", "", "accepted, without effect")
	_ = flags.Parse(arguments) // ends the process on a mistake
	return flags.Arg(0)
}

// findExecutor returns the path of the script that stands beside this binary.
func findExecutor() (string, error) {
	binary, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find the directory of this language host: %w", err)
	}
	executor := filepath.Join(filepath.Dir(binary), "pulumi-language-python-exec")
	if _, err := os.Stat(executor); err != nil {
		return "", fmt.Errorf(
			"%w: copy it there from python/cmd in the Go module github.com/pulumi/pulumi/sdk/v3", err)
	}
	return executor, nil
}
