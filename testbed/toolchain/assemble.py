"""Puts the toolchain together: what is missing is built, what is there is used, and one folder holds it all."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console

from testbed.toolchain import browser, debian, go, image, path
from testbed.toolchain.cache import cache_folder, key_of, locked, publish
from testbed.toolchain.errors import ToolchainError
from testbed.toolchain.pins import (
    BUSYBOX_IMAGE,
    GO_PROGRAMS,
    HELM_3_PROGRAMS,
    IMAGES,
    PULUMI_KUBERNETES,
    PULUMI_TLS,
    GoProgram,
    Image,
)
from testbed.toolchain.progress import Steps, clock

_PLUGINS = (("kubernetes", PULUMI_KUBERNETES), ("tls", PULUMI_TLS))


@dataclass(frozen=True)
class Toolchain:
    """Where everything is.

    Attributes:
        bin: the programs, by name; the first folder of a PATH.
        node: a Debian tree (`usr/...`) that the local node lays over its own.
        images: the archive of each container image.
        pulumi_home: `PULUMI_HOME` with the two providers installed.
        taken: the programs that `bin` has from PATH, where they were found.
    """

    bin: Path
    node: Path
    images: dict[str, Path]
    pulumi_home: Path
    taken: dict[str, Path] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which the programs are found and Pulumi asks nothing of the network."""
        return os.environ | self.settings | {"PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}"}

    @property
    def settings(self) -> dict[str, str]:
        """The environment's variables but PATH."""
        return {
            "PULUMI_HOME": str(self.pulumi_home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        }

    def run_node_program(self, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a program of the Debian tree on the machine itself, with the libraries that came with it.

        Args:
            name: below `usr`, like `sbin/ip`.
            arguments: for it.
        """
        libraries = next((self.node / "usr/lib").glob("*-linux-gnu*"))
        environment = {"LD_LIBRARY_PATH": str(libraries), "XTABLES_LIBDIR": str(libraries / "xtables")}
        command = [str(self.node / "usr" / name), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps(asdict(self), default=str)

    @staticmethod
    def from_json(text: str) -> "Toolchain":
        """Read a toolchain that `to_json` wrote."""
        read = json.loads(text)
        images = {name: Path(file) for name, file in read["images"].items()}
        taken = {name: Path(file) for name, file in read.get("taken", {}).items()}
        return Toolchain(Path(read["bin"]), Path(read["node"]), images, Path(read["pulumi_home"]), taken)


@dataclass(frozen=True)
class _Step:
    """One folder of the cache and how it is filled."""

    name: str
    target: Path
    fill: Callable[[Path, Path], None]  # (folder, log)


def prepare(console: Console, *, node: bool = True) -> Toolchain:
    """Find or build everything, showing progress, and return where it is.

    Args:
        console: where progress is shown.
        node: also what the local node needs; an existing cluster needs less.

    Raises:
        ToolchainError: something could be neither found nor built.
    """
    cache = cache_folder()
    with locked(cache, waiting=lambda: console.print("another run is building the toolchain; waiting for it")):
        programs = [program for program in GO_PROGRAMS if node or program.name in _WITHOUT_NODE]
        found = {
            wanted: path.find_together(wanted, cache, suits=lambda file: not node or _suits_node(file))
            for wanted in dict.fromkeys(program.on_path for program in programs)
        }
        steps = [_go_step(program, cache) for program in programs if not found[program.on_path]]
        if node:
            steps.append(_Step("debian packages", cache / f"debian-{debian.key()}", _unpack(cache)))
        _build(steps, console, cache)
        folders = {step.name: step.target for step in steps}
        taken = {name: file for files in found.values() for name, file in files.items()}
        return _assemble(folders, taken, cache, node)


def prepare_browser(console: Console) -> Path:
    """Find Chromium or unpack it, showing progress, and return the program: for tests of pages alone.

    Args:
        console: where progress is shown.

    Raises:
        ToolchainError: it could be neither found nor unpacked.
    """
    cache = cache_folder()
    if found := browser.on_path(cache):
        return found
    step = _Step(
        "chromium", cache / f"chromium-{browser.key()}", lambda folder, log: browser.unpack(folder, cache, log)
    )
    with locked(cache, waiting=lambda: console.print("another run is building the toolchain; waiting for it")):
        _build([step], console, cache)
    return step.target / browser.START


def prepare_helm_3(console: Console) -> dict[str, Path]:
    """Build Helm 3 and the plugins that lead to it, showing progress; return the folder of each.

    Args:
        console: where progress is shown.

    Raises:
        ToolchainError: something could not be built.
    """
    cache = cache_folder()
    steps = [_go_step(program, cache) for program in HELM_3_PROGRAMS]
    with locked(cache, waiting=lambda: console.print("another run is building the toolchain; waiting for it")):
        _build(steps, console, cache)
    return {step.name: step.target for step in steps}


_WITHOUT_NODE = (
    *("pulumi", "pulumi-language-python", "pulumi-resource-tls", "pulumi-resource-kubernetes"),
    *("helm", "kubectl"),
)


def _build(steps: list[_Step], console: Console, cache: Path) -> None:
    missing = [step for step in steps if not step.target.is_dir()]
    if not missing:
        return
    console.print(
        f"toolchain: {len(missing)} of {len(steps)} parts are missing and will be built into {cache}", highlight=False
    )
    started = time.monotonic()
    progress = Steps(console, len(missing))
    logs = cache / "logs"
    logs.mkdir(exist_ok=True)
    for step in missing:
        log = logs / f"{step.name.replace(' ', '-')}.log"
        log.unlink(missing_ok=True)
        with progress.step(step.name, detail=f"log: {log}"):
            publish(step.target, lambda folder, step=step, log=log: step.fill(folder, log))  # type: ignore[misc]
    # Several gigabytes that serve only a build which was interrupted.
    shutil.rmtree(cache / "go-build", ignore_errors=True)
    console.print(f"toolchain: built in {clock(time.monotonic() - started)}", style="green", highlight=False)


def _suits_node(file: Path) -> bool:
    """Return whether a file that also goes into an image can stand there alone."""
    return file.name not in {wanted.program for wanted in IMAGES} or image.is_static(file)


def _go_step(program: GoProgram, cache: Path) -> _Step:
    def fill(folder: Path, log: Path) -> None:
        go.build(program, folder, cache, log)

    return _Step(program.name, cache / f"{program.name}-{go.key(program)}", fill)


def _unpack(cache: Path) -> Callable[[Path, Path], None]:
    return lambda folder, log: debian.unpack(folder, cache, log)


def _assemble(folders: dict[str, Path], taken: dict[str, Path], cache: Path, node: bool) -> Toolchain:
    places = [sorted((name, str(place)) for name, place in places.items()) for places in (folders, taken)]
    key = key_of(*places, node, IMAGES, image.APPLETS)
    home = publish(cache / f"toolchain-{key}", lambda folder: _fill(folder, folders, taken))
    debian_tree = folders.get("debian packages", home)
    images = {}
    for wanted in IMAGES if node else ():
        source = debian_tree / wanted.program if "/" in wanted.program else home / "bin" / wanted.program
        images[wanted.reference] = _image(wanted, source, home, debian_tree / BUSYBOX_IMAGE.program)
    _install_plugins(home, folders)
    toolchain = Toolchain(home / "bin", debian_tree, images, home / "pulumi", taken)
    (cache / "toolchain.json").write_text(toolchain.to_json())  # for `load`, so that `make env` answers at once
    return toolchain


def _fill(home: Path, folders: dict[str, Path], taken: dict[str, Path]) -> None:
    binaries = home / "bin"
    binaries.mkdir()
    for name, folder in folders.items():
        if name != "debian packages":
            for file in folder.iterdir():
                # A provider on PATH would be preferred to the installed one, with a warning at every run.
                if not file.name.startswith("pulumi-resource-"):
                    # A hard link, not a symbolic one: Pulumi looks for its language host next to its own real path.
                    os.link(file, binaries / file.name)
    for name, program in taken.items():
        path.link(binaries / name, program)


def _image(wanted: Image, binary: Path, home: Path, busybox: Path) -> Path:
    archive = home / "images" / (wanted.program.rsplit("/", 1)[-1] + ".tar")
    if not archive.is_file():
        archive.parent.mkdir(exist_ok=True)
        partial = archive.with_suffix(".partial")
        image.write(wanted, binary, partial, busybox)
        partial.rename(archive)
    return archive


def _install_plugins(home: Path, folders: dict[str, Path]) -> None:
    for name, version in _PLUGINS:
        if (home / "pulumi" / "plugins" / f"resource-{name}-v{version}").is_dir():
            continue
        binary = f"pulumi-resource-{name}"
        command = ["pulumi", "plugin", "install", "resource", name, version]
        command += ["--file", str(folders[binary] / binary)]
        environment = os.environ | {
            "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(home / "pulumi"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            raise ToolchainError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")


def load() -> Toolchain:
    """Return the toolchain of the last `prepare` without looking for anything.

    Raises:
        ToolchainError: nothing has been prepared yet, or a program that was taken from PATH is gone.
    """
    note = cache_folder() / "toolchain.json"
    if not note.is_file():
        raise ToolchainError("no toolchain yet: run `make toolchain` first")
    toolchain = Toolchain.from_json(note.read_text())
    for name, program in toolchain.taken.items():
        if not program.is_file():
            raise ToolchainError(f"{name} was taken from {program}, which is gone: run `make toolchain` again")
    return toolchain
