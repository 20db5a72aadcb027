"""The Go modules of the toolchain name one version of what they share, so that it is compiled once for all of them."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from testbed.toolchain.go import MODULES

# Their programs are what their release is, with the versions of its own go.mod.
AS_RELEASED = {"helm", "helm3", "helm-2to3", "helm-mapkubeapis"}

# Modules that hold to an older version of what starts so.
APART = {
    "pulumi": {
        "github.com/olekukonko/tablewriter": "glamour 0.6, which the engine writes its help with, wants the old API",
    },
    "pulumi-resource-tls": {
        "github.com/pulumi/pulumi/pkg/": "the bridge calls the functions of this version; their arguments have changed",
    },
    "pulumi-resource-kubernetes": {
        "github.com/pulumi/pulumi/": "its schema is of the types of this version; they have changed",
        "github.com/google/gnostic-models": "the Kubernetes libraries of this version read its nodes of YAML",
        "k8s.io/": "what the provider asks of the API server is what its release asks, whose client this is",
        "sigs.k8s.io/": "these go with the Kubernetes libraries",
    },
    "actionlint": {"go.yaml.in/yaml/v4": "a later release candidate has renamed what it uses"},
    "coredns": {
        "k8s.io/": "its Kubernetes plugin is as released",
        "sigs.k8s.io/": "these go with the Kubernetes libraries",
        "github.com/google/gnostic-models": "the Kubernetes libraries of this version read its nodes of YAML",
    },
    "kube-score": {
        "k8s.io/": "its checks know the kinds of this version",
        "sigs.k8s.io/": "these go with the Kubernetes libraries",
    },
}

_REQUIRED = re.compile(r"^(?:require )?\s*([\w.-]+\.[\w./~-]+) (v\S+)", re.MULTILINE)


def _named(folder: Path, apart: Mapping[str, Collection[str]]) -> dict[str, dict[str, str]]:
    """Return the version by which each go.mod below a folder names each module it requires, but those apart."""
    named: dict[str, dict[str, str]] = defaultdict(dict)
    for file in folder.rglob("go.mod"):
        place = str(file.parent.relative_to(folder))
        module = place.split("/")[0]
        if module in AS_RELEASED:
            continue
        for name, version in _REQUIRED.findall(file.read_text().split("\nreplace")[0]):
            if not any(name.startswith(start) for start in apart.get(module, ())) and version != "v0.0.0":
                named[name][place] = version
    return named


def _disagreements(folder: Path) -> list[str]:
    return [f"{name}: {by}" for name, by in _named(folder, APART).items() if len(set(by.values())) > 1]


def test_the_modules_agree_on_what_they_share() -> None:
    assert _disagreements(MODULES) == [], "name the newest of them in each go.mod: go mod edit -require=NAME@VERSION"


def test_a_disagreement_is_found(tmp_path: Path) -> None:
    """Control: in a block, on a line of its own, with a comment, and in a nested module."""
    for place, text in {
        "one": "module one\nrequire example.org/a v1.0.0 // indirect\n",
        "two": "module two\nrequire (\n\texample.org/a v1.0.1\n\texample.org/b/v2 v2.0.0 // indirect\n)\n",
        "two/shim": "module shim\nrequire example.org/b/v2 v2.0.1\nreplace example.org/c v1.0.0 => ./c\n",
        "helm": "module helm\nrequire example.org/a v0.9.0\n",
    }.items():
        (tmp_path / place).mkdir()
        (tmp_path / place / "go.mod").write_text(text)
    assert (
        _disagreements(tmp_path)
        == [
            "example.org/a: {'one': 'v1.0.0', 'two': 'v1.0.1'}",
            "example.org/b/v2: {'two': 'v2.0.0', 'two/shim': 'v2.0.1'}",
        ]
        or len(_disagreements(tmp_path)) == 2
    )


def test_each_exception_is_needed() -> None:
    everywhere = _named(MODULES, {})
    for module, starts in APART.items():
        for start in starts:
            names = [name for name, by in everywhere.items() if name.startswith(start) and module in by]
            assert any(len(set(everywhere[name].values())) > 1 for name in names), f"{module}: {start}"
