"""The toolchain takes Pulumi's own CLI from PATH, and its engine runs programs with its language host."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from testbed.ports import free_ports
from testbed.toolchain import Toolchain, ToolchainError, load, prepare
from testbed.toolchain.pins import DEMO_PARTS, PROVIDERS
from tests.engine.python_projects import new_stack
from tests.support.plugin_server import serving
from tests.support.pulumi_cli import CLI, NEWER, install, install_older, own_cache

_SHOW_PATH = "import shutil, pulumi; pulumi.export('pulumi', shutil.which('pulumi'))"


@pytest.fixture(scope="module")
def cache(tools: Toolchain) -> Iterator[Path]:
    """The base of a cache of these tests."""
    assert tools.bin.is_dir()  # built before
    with own_cache("test-cli-on-path") as base:
        yield base


@pytest.fixture(scope="module")
def cli(tools: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newer CLI, in a folder with a space in its name."""
    return install(tmp_path_factory.mktemp("cli") / "Pulumi's own CLI" / "bin", tools)


def _after_an_older_one(folder: Path, cli: Path) -> list[Path]:
    return [install_older(folder / "older"), cli, cli]


def _one_link(folder: Path, cli: Path) -> list[Path]:
    (folder / "pulumi").symlink_to(os.path.relpath(cli / "pulumi", folder))
    return [install_older(folder.parent / "older"), folder]


def _links_of_links(folder: Path, cli: Path) -> list[Path]:
    (folder / "alternatives").mkdir()
    for name in CLI:
        (folder / "alternatives" / name).symlink_to(cli / name)
        (folder / name).symlink_to(Path("alternatives", name))
    return [folder]


def _wrapper(folder: Path, cli: Path) -> list[Path]:
    wrapper = folder / "pulumi"
    wrapper.write_text('#!/bin/sh\nexec "${0%/*}/of the wrapper/pulumi" "$@"\n')
    wrapper.chmod(0o755)
    (folder / "of the wrapper").symlink_to(cli)
    for name in CLI[1:]:
        (folder / name).symlink_to(cli / name)
    return [folder]


@pytest.mark.parametrize("arrange", [_after_an_older_one, _one_link, _links_of_links, _wrapper])
def test_a_program_runs_with_the_cli_of_path(
    arrange: Callable[[Path, Path], list[Path]],
    cache: Path,
    cli: Path,
    console: Console,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "path").mkdir()
    folders = arrange(tmp_path / "path", cli)
    monkeypatch.setenv("PATH", os.pathsep.join([*map(str, folders), os.environ["PATH"]]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))

    toolchain = prepare(console, DEMO_PARTS)
    stack = new_stack(tmp_path, toolchain.environment, _SHOW_PATH)
    done = stack.up()

    assert load() == toolchain
    assert set(CLI) <= toolchain.taken.keys()
    assert stack.run("version").stdout.strip() == NEWER
    assert stack.outputs()["pulumi"] == str(toolchain.bin / "pulumi")
    assert "warning" not in done.stdout + done.stderr
    assert list(tmp_path.rglob("asked")) == []


_KEY = (
    "import pulumi, pulumi_tls; pulumi.export('pem', pulumi_tls.PrivateKey('key', algorithm='ED25519').public_key_pem)"
)


def test_the_cli_of_path_downloads_the_providers_and_nothing_of_pulumi_is_built(
    tools: Toolchain, cli: Path, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "archives").mkdir()
    with own_cache("test-download", without=PROVIDERS) as base, serving(tools, tmp_path / "archives") as settings:
        for name, value in {"XDG_CACHE_HOME": str(base), **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", os.pathsep.join([str(cli), os.environ["PATH"]]))
        toolchain = prepare(console, DEMO_PARTS)
        stack = new_stack(tmp_path, toolchain.environment, _KEY)
        stack.up()
        assert stack.outputs()["pem"].startswith("-----BEGIN PUBLIC KEY-----")
        kept = {folder.name for folder in (base / "secure-tiller").glob("pulumi-resource-*")}
        assert kept == {f"{name}-{version}" for name, version in PROVIDERS.items()}


def test_a_provider_that_cannot_be_downloaded_is_named_with_the_way_out(
    cli: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    (port,) = free_ports(1)
    with own_cache("test-download", without=PROVIDERS) as base:
        monkeypatch.setenv("XDG_CACHE_HOME", str(base))
        monkeypatch.setenv("PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES", f".*=http://127.0.0.1:{port}")
        monkeypatch.setenv("PATH", os.pathsep.join([str(cli), os.environ["PATH"]]))
        with pytest.raises(ToolchainError, match="from PATH: the engine") as error:
            prepare(console, DEMO_PARTS)
    assert "plugin install resource" in str(error.value)


def test_the_older_cli_of_these_tests_leaves_a_trace_when_it_is_called(tmp_path: Path) -> None:
    """Control: without it, that nothing was asked of it would mean nothing."""
    older = install_older(tmp_path / "older")
    assert os.system(f'"{older}/pulumi" preview') != 0  # noqa: S605
    assert (older / "asked").read_text() == f"{older}/pulumi preview\n"
