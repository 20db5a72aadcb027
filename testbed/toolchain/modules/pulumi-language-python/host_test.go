package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func programInfo(t *testing.T, root string, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	values, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: root, ProgramDirectory: root, EntryPoint: ".", Options: values}
}

func TestInterpreterOfOptions(t *testing.T) {
	root := t.TempDir()
	bin := filepath.Join(root, "env", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "python"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		options map[string]any
		want    string // the end of the interpreter's path
		wantErr string // a part of the error
	}{
		{"relative to the root", map[string]any{"virtualenv": "env"}, "/env/bin/python", ""},
		{"absolute", map[string]any{"virtualenv": filepath.Join(root, "env")}, "/env/bin/python", ""},
		{"with pip named", map[string]any{"virtualenv": "env", "toolchain": "pip"}, "/env/bin/python", ""},
		{"none named", nil, "/python3", ""},
		{"missing", map[string]any{"virtualenv": "gone"}, "", "python3 -m venv " + filepath.Join(root, "gone")},
		{"no path", map[string]any{"virtualenv": 3}, "", "virtualenv=3"},
		{"another toolchain", map[string]any{"toolchain": "uv"}, "", "toolchain=uv"},
		{"unknown option", map[string]any{"typechecker": "mypy"}, "", "typechecker=mypy"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := pythonOf(programInfo(t, root, test.options))
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("error %v, want one that contains %q", err, test.wantErr)
				}
				return
			}
			if err != nil || !strings.HasSuffix(got.path, test.want) {
				t.Fatalf("got %s, %v; want a path that ends in %s", got.path, err, test.want)
			}
		})
	}
}

func TestEnvironmentOfVirtualenv(t *testing.T) {
	base := []string{"PATH=/old", "HOME=/home", "PYTHONHOME=/elsewhere", "VIRTUAL_ENV=/other", "PATH=/usr/bin"}

	got := python{virtualenv: "/env"}.environ(base)

	if want := []string{"HOME=/home", "PATH=/env/bin:/usr/bin", "VIRTUAL_ENV=/env"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := (python{}).environ(base); !slices.Equal(got, base) {
		t.Errorf("without a virtualenv got %v, want it unchanged", got)
	}
}

func TestConfigIsNeverNull(t *testing.T) {
	tests := []struct {
		name string
		run  *pulumirpc.RunRequest
		want []string
	}{
		{"absent", &pulumirpc.RunRequest{}, []string{"PULUMI_CONFIG={}", "PULUMI_CONFIG_SECRET_KEYS=[]"}},
		{
			"given",
			&pulumirpc.RunRequest{Config: map[string]string{"a:b": "c"}, ConfigSecretKeys: []string{"a:b"}},
			[]string{`PULUMI_CONFIG={"a:b":"c"}`, `PULUMI_CONFIG_SECRET_KEYS=["a:b"]`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, err := configVariables(test.run); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}

func TestArgumentsByKindOfPlugin(t *testing.T) {
	tests := map[string][]string{
		"analyzer": {"-m", "pulumi.policy", "engine", "/plugin"},
		"resource": {"/plugin", "engine"},
	}
	for kind, want := range tests {
		got := pluginArguments(&pulumirpc.RunPluginRequest{
			Kind: kind, Args: []string{"engine"}, Info: &pulumirpc.ProgramInfo{ProgramDirectory: "/plugin"},
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", kind, got, want)
		}
	}
}

func TestChildEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	started := time.Now()

	err := runChild(ctx, newChild(ctx, "sh", "-c", "trap '' INT; sleep 60"))

	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
	if took := time.Since(started); took > 2*patience {
		t.Errorf("took %s, although patience is %s", took, patience)
	}
}

func TestProvidersOfInstalledPackages(t *testing.T) {
	root := t.TempDir()
	manifests := map[string]string{
		"plain":         `{"resource": true, "name": "plain", "version": "1.2.3", "server": "https://example.org"}`,
		"no_provider":   `{"resource": false, "name": "none"}`,
		"parameterized": `{"resource": true, "name": "base", "parameterization": {"name": "own", "version": "1.0.0"}}`,
	}
	for name, content := range manifests {
		if err := writeFiles(root, map[string][]byte{name + "/pulumi-plugin.json": []byte(content)}); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PYTHONPATH", root)

	found, err := python{path: "python3"}.providers(context.Background())

	if err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for _, one := range found {
		named[one.GetName()] = strings.Join([]string{one.GetKind(), one.GetVersion(), one.GetServer()}, " ")
	}
	if named["plain"] != "resource 1.2.3 https://example.org" || named["none"] != "" || named["base"] != "" {
		t.Errorf("got %v", named)
	}
}

func TestDistributionOfGeneratedSDK(t *testing.T) {
	sdk := t.TempDir()
	if _, err := distributionIn(sdk); err == nil || !strings.Contains(err.Error(), "no generated SDK") {
		t.Errorf("of an empty folder: error %v", err)
	}
	if err := writeFiles(sdk, map[string][]byte{"own_boxes/pulumi-plugin.json": nil, "setup.py": nil}); err != nil {
		t.Fatal(err)
	}
	if got, err := distributionIn(sdk); err != nil || got != "own_boxes" {
		t.Errorf("got %s, %v", got, err)
	}
}
