package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// python is the interpreter that runs one program, policy pack or plugin.
type python struct {
	path       string
	virtualenv string // empty when none is named
}

// virtualenvOf returns the path that the options of a Pulumi.yaml, PulumiPolicy.yaml or PulumiPlugin.yaml name, or none. An
// option that this host does not know is an error.
func virtualenvOf(info *pulumirpc.ProgramInfo) (string, error) {
	virtualenv := ""
	for name, value := range info.GetOptions().AsMap() {
		text, isText := value.(string)
		switch {
		case name == "virtualenv" && isText:
			virtualenv = text
		case name == "toolchain" && text == "pip":
		default:
			return "", fmt.Errorf("runtime option %s=%v of %s: this language host knows only `virtualenv: <path>`"+
				" and `toolchain: pip`; take the option out, or install the official Pulumi CLI",
				name, value, info.GetRootDirectory())
		}
	}
	if virtualenv != "" && !filepath.IsAbs(virtualenv) {
		virtualenv = filepath.Join(info.GetRootDirectory(), virtualenv)
	}
	return virtualenv, nil
}

// packagesOf returns what installs packages for a program: the SDK's own way with pip.
func packagesOf(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	virtualenv, err := virtualenvOf(info)
	if err != nil {
		return nil, err
	}
	return toolchain.ResolveToolchain(toolchain.PythonOptions{
		Root:       info.GetRootDirectory(),
		ProgramDir: info.GetProgramDirectory(),
		Virtualenv: virtualenv,
		Toolchain:  toolchain.Pip,
	})
}

// pythonOf returns the interpreter that runs a program: the one of the named virtualenv, else python3 of PATH. A named
// virtualenv that is missing is an error, because another interpreter would run the program with other packages.
func pythonOf(info *pulumirpc.ProgramInfo) (python, error) {
	virtualenv, err := virtualenvOf(info)
	if err != nil {
		return python{}, err
	}
	if virtualenv == "" {
		path, err := exec.LookPath("python3")
		if err != nil {
			return python{}, fmt.Errorf("%w: install Python, or name a virtualenv in the runtime's options", err)
		}
		return python{path: path}, nil
	}
	path := filepath.Join(virtualenv, "bin", "python")
	if _, err := os.Stat(path); err != nil {
		return python{}, fmt.Errorf("virtualenv %s, named in the runtime's options of %s, has no interpreter (%w):"+
			" run `pulumi install`, or create it with `python3 -m venv %s` and install the program's requirements into it",
			virtualenv, info.GetRootDirectory(), err, virtualenv)
	}
	return python{path: path, virtualenv: virtualenv}, nil
}

// environ returns base as an activated virtualenv has it, so that what the program starts finds the same Python.
func (p python) environ(base []string) []string {
	if p.virtualenv == "" {
		return base
	}
	searchPath := ""
	env := slices.DeleteFunc(slices.Clone(base), func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		if name == "PATH" {
			searchPath = value // the last one counts, as it does for a process
		}
		return name == "PATH" || name == "PYTHONHOME" || name == "VIRTUAL_ENV"
	})
	path := filepath.Join(p.virtualenv, "bin")
	if searchPath != "" {
		path += string(filepath.ListSeparator) + searchPath
	}
	return append(env, "PATH="+path, "VIRTUAL_ENV="+p.virtualenv)
}

// command prepares to run the interpreter unbuffered: the engine shows output as it comes, and an end by a signal
// loses none of it.
func (p python) command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := newChild(ctx, p.path, append([]string{"-u"}, args...)...)
	cmd.Env = p.environ(env)
	return cmd
}

// version asks the interpreter for its version.
func (p python) version(ctx context.Context) (string, error) {
	out, err := p.output(ctx, "-c", "import platform; print(platform.python_version())")
	return strings.TrimSpace(string(out)), err
}

// distributions lists what is installed; without transitive, only what nothing else requires.
func (p python) distributions(ctx context.Context, transitive bool) ([]*pulumirpc.DependencyInfo, error) {
	args := []string{"-m", "pip", "list", "--disable-pip-version-check", "--format", "json"}
	if !transitive {
		args = append(args, "--not-required")
	}
	out, err := p.output(ctx, args...)
	if err != nil {
		return nil, err
	}
	var found []*pulumirpc.DependencyInfo
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("read what `pip list` of %s printed: %w", p.path, err)
	}
	return found, nil
}

func (p python) output(ctx context.Context, args ...string) ([]byte, error) {
	out, err := p.command(ctx, os.Environ(), args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("%s %s: %w: %s", p.path, strings.Join(args, " "), err, exit.Stderr)
	}
	return out, err
}

// manifests prints the pulumi-plugin.json of each package that the interpreter finds, in a list.
const manifests = `
import json, pathlib, sys
found = {file.parent.name: file for place in reversed(sys.path) for file in pathlib.Path(place).glob("*/pulumi-plugin.json")}
print(json.dumps([json.loads(file.read_text()) for file in found.values()]))
`

// providers lists the plugins whose resources the installed packages have.
func (p python) providers(ctx context.Context) ([]*pulumirpc.PackageDependency, error) {
	out, err := p.output(ctx, "-c", manifests)
	if err != nil {
		return nil, err
	}
	var found []plugin.PulumiPluginJSON
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("read the plugins of %s: %w", p.path, err)
	}
	var named []*pulumirpc.PackageDependency
	for _, one := range found {
		if one.Resource && one.Parameterization == nil {
			named = append(named, &pulumirpc.PackageDependency{
				Name: one.Name, Kind: "resource", Version: one.Version, Server: one.Server,
			})
		}
	}
	return named, nil
}
