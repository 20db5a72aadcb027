package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	sdkModule = "github.com/pulumi/pulumi/sdk/v3"

	// exitShown is the executor's exit code for an error that it has already shown to the user.
	exitShown = 32

	// healthInterval bounds how long the host stays after its engine was killed.
	healthInterval = time.Second
)

// host implements the engine's LanguageRuntime service.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	executor string
	engine   string // address of the engine's own service

	// lifetime ends with the engine or by a signal, operations also when the engine cancels. No child outlives either.
	lifetime   context.Context
	end        context.CancelFunc
	operations context.Context
	cancel     context.CancelFunc
}

func newHost(ctx context.Context, executor string) *host {
	h := &host{executor: executor}
	h.lifetime, h.end = context.WithCancel(ctx)
	h.operations, h.cancel = context.WithCancel(h.lifetime)
	return h
}

// attach binds the host to an engine. The engine stops its plugins when it ends, but not when it is killed: calls and
// their children then end with the connection, and the host itself because it looks after the engine.
func (h *host) attach(engine string) error {
	h.engine = engine
	if err := rpcutil.Healthcheck(h.lifetime, engine, healthInterval, h.end); err != nil {
		return fmt.Errorf("watch the engine at %s: %w", engine, err)
	}
	return nil
}

// operation returns the context of a child that serves one call: it ends with the call and with all operations.
func (h *host) operation(call context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(call)
	stop := context.AfterFunc(h.operations, cancel)
	return ctx, func() { stop(); cancel() }
}

// Handshake is how an engine that attaches to a running host gives its address.
func (h *host) Handshake(
	_ context.Context, r *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, h.attach(r.GetEngineAddress())
}

// Cancel ends every running program and plugin; the engine calls it when the user interrupts it and before it closes.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

// GetPluginInfo reports the version of the SDK that this host was built from: the protocol that it speaks.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if dependency.Path == sdkModule {
			return &pulumirpc.PluginInfo{Version: strings.TrimPrefix(dependency.Version, "v")}, nil
		}
	}
	return &pulumirpc.PluginInfo{}, nil
}

// GetRequiredPackages names the providers of the installed packages, so that the engine installs their plugins first.
func (h *host) GetRequiredPackages(
	ctx context.Context, r *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	interpreter, err := pythonOf(r.GetInfo())
	if err != nil {
		return nil, asStatus(err)
	}
	found, err := interpreter.providers(ctx)
	return &pulumirpc.GetRequiredPackagesResponse{Packages: found}, err
}

// InstallDependencies makes the virtualenv if it is missing, and has pip install requirements.txt into it. Without that file
// there is nothing to install: a virtualenv that exists stays as its owner made it.
func (h *host) InstallDependencies(
	r *pulumirpc.InstallDependenciesRequest, stream grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	packages, err := packagesOf(r.GetInfo())
	if err != nil {
		return asStatus(err)
	}
	_, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(stream, false) // no terminal: there is nothing to close
	if err != nil {
		return err
	}
	ctx, cancel := h.operation(stream.Context())
	defer cancel()
	directory, install := r.GetInfo().GetProgramDirectory(), packages.EnsureVenv
	if _, err := os.Stat(filepath.Join(directory, "requirements.txt")); err == nil {
		install = packages.InstallDependencies
	}
	return asStatus(install(ctx, directory, false, true, stdout, stderr))
}

// About tells `pulumi about` which Python runs the program.
func (h *host) About(ctx context.Context, r *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	interpreter, err := pythonOf(r.GetInfo())
	if err != nil {
		return nil, asStatus(err)
	}
	version, err := interpreter.version(ctx)
	return &pulumirpc.AboutResponse{Executable: interpreter.path, Version: version}, err
}

// GetProgramDependencies tells `pulumi about` what is installed for the program.
func (h *host) GetProgramDependencies(
	ctx context.Context, r *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	interpreter, err := pythonOf(r.GetInfo())
	if err != nil {
		return nil, asStatus(err)
	}
	found, err := interpreter.distributions(ctx, r.GetTransitiveDependencies())
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: found}, err
}

// Run executes a program until it has registered all its resources.
func (h *host) Run(call context.Context, r *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if r.GetAttachDebugger() {
		return nil, errNoDebugger
	}
	interpreter, err := pythonOf(r.GetInfo())
	if err != nil {
		return nil, asStatus(err)
	}
	config, err := configVariables(r)
	if err != nil {
		return nil, err
	}

	ctx, cancel := h.operation(call)
	defer cancel()
	args := append([]string{h.executor}, executorArguments(r, h.engine)...)
	cmd := interpreter.command(ctx, append(os.Environ(), config...), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.GetPwd(), os.Stdout, os.Stderr
	err = runChild(ctx, cmd)

	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return nil, asStatus(err)
	case exit.ExitCode() == exitShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default: // an exit code or a signal
		return &pulumirpc.RunResponse{Error: "Program failed: " + exit.Error()}, nil
	}
}

// RunPlugin executes a policy pack or a component plugin until the engine ends the call.
func (h *host) RunPlugin(
	r *pulumirpc.RunPluginRequest, stream grpc.ServerStreamingServer[pulumirpc.RunPluginResponse],
) error {
	if r.GetAttachDebugger() {
		return errNoDebugger
	}
	interpreter, err := pythonOf(r.GetInfo())
	if err != nil {
		return asStatus(err)
	}
	_, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false) // no terminal: there is nothing to close
	if err != nil {
		return err
	}

	ctx, cancel := h.operation(stream.Context())
	defer cancel()
	cmd := interpreter.command(ctx, slices.Concat(os.Environ(), r.GetEnv()), pluginArguments(r)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = r.GetPwd(), stdout, stderr
	err = runChild(ctx, cmd)

	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return asStatus(err)
	}
	return stream.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())},
	})
}

// executorArguments is the command line of pulumi-language-python-exec for one run.
func executorArguments(r *pulumirpc.RunRequest, engine string) []string {
	return append([]string{
		"--monitor", r.GetMonitorAddress(),
		"--engine", engine,
		"--project", r.GetProject(),
		"--stack", r.GetStack(),
		"--organization", r.GetOrganization(),
		"--root_directory", r.GetInfo().GetRootDirectory(),
		"--pwd", r.GetPwd(),
		"--parallel", strconv.Itoa(int(r.GetParallel())),
		"--dry_run", strconv.FormatBool(r.GetDryRun()),
		filepath.Join(r.GetInfo().GetProgramDirectory(), r.GetInfo().GetEntryPoint()),
	}, r.GetArgs()...)
}

// pluginArguments is the interpreter's command line for one plugin: a policy pack is loaded by a module of the SDK, any
// other kind is a program that serves by itself.
func pluginArguments(r *pulumirpc.RunPluginRequest) []string {
	directory := r.GetInfo().GetProgramDirectory()
	if r.GetKind() == "analyzer" {
		return slices.Concat([]string{"-m", "pulumi.policy"}, r.GetArgs(), []string{directory})
	}
	return append([]string{directory}, r.GetArgs()...)
}

// configVariables hands the stack's config to the executor, which takes no JSON null: what is absent is empty.
func configVariables(r *pulumirpc.RunRequest) ([]string, error) {
	values, keys := r.GetConfig(), r.GetConfigSecretKeys()
	if values == nil {
		values = map[string]string{}
	}
	if keys == nil {
		keys = []string{}
	}
	config, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("encode the config of stack %s: %w", r.GetStack(), err)
	}
	secrets, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("encode the names of the secrets of stack %s: %w", r.GetStack(), err)
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secrets)}, nil
}

var errNoDebugger = status.Error(codes.Unimplemented,
	"this language host starts no debugger: install the official Pulumi CLI, or leave out --attach-debugger")

// asStatus gives the engine an error that it shows as it stands; nil stays nil.
func asStatus(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, "interrupted")
	default:
		return status.Error(codes.FailedPrecondition, err.Error())
	}
}
