"""The contracts of .importlinter hold, and an import loads no package that it does not need."""

import ast
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import grimp
import pytest

import secure_tiller
import secure_tiller_stack
from testbed.pulumi_stack import PROJECT

ROOMS = ("components", "policies")
PLANTED = {
    "components/tiller_facts/flags.py": "secure_tiller.problems",
    "components/tiller_facts/kinds.py": "pydantic",
    "components/secure_tiller/component.py": "secure_tiller_stack.kubeconfig",
    "components/secure_tiller/foreign.py": "secure_tiller.together",
    "components/secure_tiller/problems.py": "secure_tiller.plan.names",
    "components/secure_tiller/plan/build.py": "pulumi_kubernetes",
    "components/secure_tiller/resources/access.py": "kubernetes",
    "components/secure_tiller_stack/program.py": "secure_tiller_cli.output",
    "components/secure_tiller_stack/deployment.py": "secure_tiller_stack.program",
    "components/secure_tiller_stack/cluster/ask.py": "secure_tiller_stack.preflight",
    "components/secure_tiller_stack/teams.py": "rich",
    "components/secure_tiller_cli/check/run.py": "secure_tiller_cli.report.model",
    "components/secure_tiller_cli/state/read.py": "secure_tiller_cli.audit",
    "components/secure_tiller_cli/audit/ask.py": "secure_tiller_cli.commands.deployed",
    "components/secure_tiller_cli/bundle.py": "testbed.tiller",
    "policies/tiller_policies/__init__.py": "secure_tiller.args",
}
"""By file, an import that it must not have."""


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command of `make lint` in a folder."""
    recipe = subprocess.run(["make", "-n", "lint"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in recipe.splitlines() if "lint-imports" in line]
    line = line.replace(".venv/bin/", f"{Path(sys.executable).parent}/").replace("=policies", "=policies:components:.")
    return subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what the contracts are about."""
    shutil.copy(PROJECT / ".importlinter", tmp_path)
    for room in ROOMS:
        shutil.copytree(PROJECT / room, tmp_path / room, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    return tmp_path


def test_the_contracts_are_kept(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


def test_lint_refuses_every_import_against_the_rule(copy: Path) -> None:
    for file, forbidden in PLANTED.items():
        with (copy / file).open("a") as planted:
            planted.write(f"\nimport {forbidden}\n")
    done = lint(copy)
    assert done.returncode == 1
    for file, forbidden in PLANTED.items():
        importer = ".".join(Path(file).with_suffix("").parts[1:]).removesuffix(".__init__")
        target = forbidden if forbidden.startswith("secure_tiller") else forbidden.split(".")[0]
        assert re.search(rf"{importer} -> {target}\b", done.stdout), (importer, target, done.stdout)


def test_lint_refuses_one_import_against_the_rule(copy: Path) -> None:
    with (copy / "components/secure_tiller/plan/build.py").open("a") as planted:
        planted.write("\nimport pulumi_kubernetes\n")
    done = lint(copy)
    assert done.returncode == 1
    assert "1 broken" in done.stdout


def test_lint_refuses_a_room_that_no_contract_names(copy: Path) -> None:
    (copy / "components/secure_tiller_cli/utilities.py").touch()
    done = lint(copy)
    assert done.returncode == 1
    assert "secure_tiller_cli.utilities" in done.stdout


def test_the_facts_need_the_standard_library_and_cryptography_alone() -> None:
    graph = grimp.build_graph("tiller_facts", include_external_packages=True, cache_dir=None)
    foreign = {module for module in graph.modules if graph.is_module_squashed(module)}
    assert foreign - sys.stdlib_module_names <= {"cryptography"}
    assert foreign & sys.stdlib_module_names  # the graph does hold them


@cache
def loaded(*modules: str, then: str = "") -> frozenset[str]:
    """Return the names of the modules in a process that imports some, and then runs something."""
    script = f"import sys, {', '.join(modules)}\n{then}\nprint(*sys.modules, sep='\\n', file=sys.__stderr__)"
    environment = {"PYTHONPATH": str(PROJECT / "components"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    return frozenset(done.stderr.splitlines())


PROVIDERS = ("pulumi", "pulumi_kubernetes", "pulumi_tls")
OTHERS = {"OpenSSL", "google", "grpc", "jinja2", "kubernetes", "rich", "typer", "urllib3", "yaml"}
"""Distributions that the program or the command need, and the component does not; Pulumi loads some of them itself."""


def test_the_component_loads_pulumi_its_providers_pydantic_and_cryptography() -> None:
    component = loaded("secure_tiller", then="secure_tiller.SecureTiller")
    assert {*PROVIDERS, "pydantic", "cryptography"} <= component
    assert (component - loaded(*PROVIDERS)) & OTHERS == set()


def test_the_program_loads_the_kubernetes_client_and_nothing_of_the_command() -> None:
    program = loaded("secure_tiller_stack.program")
    assert "kubernetes" in program
    assert (program - loaded(*PROVIDERS)) & (OTHERS - {"kubernetes", "urllib3", "yaml", "google"}) == set()


CLASSES_OF_KINDS = "pulumi_kubernetes.core.v1._inputs"
"""Loaded with any class of a kind of Kubernetes; no other module takes as long."""

MAKE_ONE = """
from tests.support.recording import run
from tests.support.samples import FULL
from secure_tiller import SecureTiller
made = run(lambda: SecureTiller("blue", FULL)).one("Deployment", "blue-deployment")
assert made.inputs["spec"]
"""


def test_the_program_loads_no_class_of_a_kind_of_kubernetes() -> None:
    assert CLASSES_OF_KINDS not in loaded("secure_tiller_stack.program")


def test_a_component_that_is_made_loads_none_either() -> None:
    assert CLASSES_OF_KINDS not in loaded("secure_tiller", then=f"sys.path.append({str(PROJECT)!r})\n{MAKE_ONE}")


def test_control_a_class_of_a_kind_that_is_named_is_loaded() -> None:
    assert CLASSES_OF_KINDS in loaded("pulumi_kubernetes", then="pulumi_kubernetes.core.v1.Secret")


FEATURES = {
    module.stem
    for module in (PROJECT / "components" / "secure_tiller_cli").iterdir()
    if not module.stem.startswith("_") and module.stem not in ("commands", "exit_codes", "releases")
}
HEAVY = {"OpenSSL", "cryptography", "google", "grpc", "jinja2", "kubernetes", "pulumi", "rich", "yaml"}
"""pydantic is not among them: typer loads it itself."""


def waited_for(modules: frozenset[str]) -> frozenset[str]:
    """Return which of the modules only a command that is called needs."""
    return modules & (HEAVY | {f"secure_tiller_cli.{name}" for name in FEATURES})


@pytest.mark.parametrize("arguments", [["--help"], ["audit", "-h"], ["check", "--help"], ["migrate", "--help"]])
def test_help_loads_no_feature(arguments: list[str]) -> None:
    run = f"sys.argv[1:] = {arguments}\ntry: secure_tiller_cli.main()\nexcept SystemExit as end: assert end.code == 0"
    modules = loaded("secure_tiller_cli", then=run)
    assert "secure_tiller_cli.commands" in modules
    assert waited_for(modules) == set()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("secure-tiller ", "audit"),
        ("secure-tiller audit --", "--fail-on"),
        ("secure-tiller migrate --storage ", "secret"),
        ("secure-tiller check ", "blue"),
    ],
)
def test_completion_loads_no_feature(words: str, offered: str) -> None:
    run = f"""
import contextlib, io, os
os.environ |= {{"_SECURE_TILLER_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": {words!r}}}
sys.argv = ["secure-tiller"]
out = io.StringIO()
with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
    secure_tiller_cli.main()
assert {offered!r} in out.getvalue(), out.getvalue()
"""
    # typer writes the words of zsh with rich; teams are read from YAML.
    assert waited_for(loaded("secure_tiller_cli", then=run)) <= {"rich", "yaml"}


COMMANDS = PROJECT / "components" / "secure_tiller_cli" / "commands"
CALLED = {
    file.stem: [
        node
        for function in ast.parse(file.read_text()).body
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom)
    ]
    for file in COMMANDS.glob("*.py")
}
"""By module of the commands, what its functions import when they are called."""


@pytest.mark.parametrize("command", [name for name, imports in CALLED.items() if imports])
def test_no_command_loads_the_classes_of_a_provider(command: str) -> None:
    """Those of Kubernetes take longer than everything else that a command loads, and only components need them."""
    modules = loaded("secure_tiller_cli.commands", then="\n".join(map(ast.unparse, CALLED[command])))
    assert {str(node.module) for node in CALLED[command]} <= modules
    assert modules & {"pulumi_kubernetes", "pulumi_tls"} == set()


def test_control_the_functions_of_the_commands_import_the_features() -> None:
    imported = {str(node.module) for imports in CALLED.values() for node in imports}
    assert {"secure_tiller_cli.check.run", "secure_tiller_cli.migration.run", "secure_tiller_cli.preview"} <= imported


@pytest.mark.parametrize("package", [secure_tiller, secure_tiller_stack], ids=lambda package: package.__name__)
class TestNamesThatAreLoadedAtTheirFirstUse:
    def test_each_is_there_and_listed(self, package: ModuleType) -> None:
        assert {name for name in package.__all__ if not hasattr(package, name)} == set()
        assert set(package.__all__) <= set(dir(package))

    def test_another_one_is_an_attribute_error(self, package: ModuleType) -> None:
        with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'SecureTeller'"):
            _ = package.SecureTeller


def test_a_module_that_cannot_be_loaded_says_why() -> None:
    run = "import pulumi\ndel pulumi.ComponentResource\nfrom secure_tiller import SecureTiller"
    with pytest.raises(subprocess.CalledProcessError) as failed:
        loaded("sys", then=run)
    assert "ImportError: secure_tiller.component cannot be loaded: " in failed.value.stderr
    assert "'pulumi' has no attribute 'ComponentResource'" in failed.value.stderr


def test_control_a_command_that_is_called_loads_its_feature() -> None:
    run = "sys.argv[1:] = ['renewals', 'missing.json']\ntry: secure_tiller_cli.main()\nexcept SystemExit: pass"
    assert {"secure_tiller_cli.preview", "pulumi"} <= waited_for(loaded("secure_tiller_cli", then=run))
