package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	codegen "github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// GeneratePackage writes the Python SDK of a schema, by the engine's own generator.
func (h *host) GeneratePackage(
	_ context.Context, r *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := schema.NewLoaderClient(r.GetLoaderTarget())
	if err != nil {
		return nil, err
	}
	defer func() { _ = loader.Close() }()
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(r.GetSchema()), &spec); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	cached := schema.NewCachedLoader(loader)
	bound, found, err := schema.BindSpec(spec, cached, schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GeneratePackageResponse{Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(found)}
	if found.HasErrors() {
		return response, nil
	}
	files, err := codegen.GeneratePackage("pulumi-language-python", bound, r.GetExtraFiles(), cached)
	if err != nil {
		return nil, err
	}
	return response, writeFiles(r.GetDirectory(), files)
}

func writeFiles(directory string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(directory, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Link writes generated SDKs into a program's requirements.txt, and returns how to import them.
func (h *host) Link(ctx context.Context, r *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	packages, err := packagesOf(r.GetInfo())
	if err != nil {
		return nil, asStatus(err)
	}
	paths, imports := map[string]string{}, []string{}
	for _, one := range r.GetPackages() {
		name, err := distributionIn(filepath.Join(r.GetInfo().GetRootDirectory(), one.GetPath()))
		if err != nil {
			return nil, err
		}
		paths[name] = one.GetPath()
		imports = append(imports, fmt.Sprintf("  import %s", name))
	}
	if err := packages.LinkPackages(ctx, paths); err != nil {
		return nil, asStatus(err)
	}
	instructions := "You can import the SDK in your Python code with:\n\n" + strings.Join(imports, "\n") + "\n"
	return &pulumirpc.LinkResponse{ImportInstructions: instructions}, nil
}

// distributionIn returns the name of a generated SDK: its one folder that holds a plugin's manifest.
func distributionIn(sdk string) (string, error) {
	found, err := filepath.Glob(filepath.Join(sdk, "*", "pulumi-plugin.json"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("%s holds no generated SDK: %d folders with a pulumi-plugin.json", sdk, len(found))
	}
	return filepath.Base(filepath.Dir(found[0])), nil
}
