"""Puts the toolchain together: what is missing is built, what is there is used, and one folder holds it all."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console

from testbed.toolchain import browser, debian, go, image, path, plugins, wheels
from testbed.toolchain.cache import cache_folder, key_of, locked, publish
from testbed.toolchain.errors import ToolchainError
from testbed.toolchain.pins import (
    BUSYBOX_IMAGE,
    DEBIAN,
    GO_PROGRAMS,
    HELM_3_PROGRAMS,
    IMAGES,
    PARTS,
    PROVIDERS,
    YAML_PROGRAMS,
    GoProgram,
    Image,
)
from testbed.toolchain.progress import Steps, clock


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
    fetch: Callable[[], None] = lambda: None  # downloads what `fill` needs; `fill` repeats what failed


def prepare(
    console: Console,
    parts: Iterable[str] = PARTS,
    *,
    early: Iterable[str] = (),
    when_early: Callable[[Toolchain], object] = lambda _: None,
) -> Toolchain:
    """Find or build parts, showing progress, and return where they and all other parts found are.

    Args:
        console: where progress is shown.
        parts: the names of those that are needed, out of `pins.PARTS`.
        early: the names of those that are built first.
        when_early: called with the parts found so far when these are built, before the others are.

    Raises:
        ToolchainError: something could be neither found nor built.
    """
    cache, needed, first = cache_folder(), set(parts), set(early)
    with _alone(cache, console):
        found = {
            wanted: path.find_together(wanted, cache, suits=lambda file: DEBIAN not in needed or _suits_node(file))
            for wanted in dict.fromkeys(program.on_path for program in GO_PROGRAMS)
        }
        taken = {name: file for files in found.values() for name, file in files.items()}
        steps = [_go_step(program, cache, taken.get("pulumi")) for program in GO_PROGRAMS if not found[program.on_path]]
        steps = [step for step in steps if step.name in needed or step.target.is_dir()]
        if DEBIAN in needed:
            steps.append(_Step(DEBIAN, cache / f"debian-{debian.key()}", _unpack(cache)))
        steps.sort(key=lambda step: step.name not in first)

        def assembled() -> Toolchain:
            return _assemble({step.name: step.target for step in steps if step.target.is_dir()}, taken, cache)

        with _building(steps, console, cache) as build:
            if first:
                build([step for step in steps if step.name in first])
                when_early(assembled())
            build(steps)
        return assembled()


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
    _build([step], console, cache)
    return step.target / browser.START


def prepare_helm_3(console: Console) -> dict[str, Path]:
    """Build Helm 3 and the plugins that lead to it, showing progress; return the folder of each.

    Args:
        console: where progress is shown.

    Raises:
        ToolchainError: something could not be built.
    """
    return _built(HELM_3_PROGRAMS, console)


def prepare_yaml(console: Console) -> Path:
    """Build Pulumi's host of programs in YAML, showing progress, and return its folder, for PATH.

    Args:
        console: where progress is shown.

    Raises:
        ToolchainError: it could not be built.
    """
    (folder,) = _built(YAML_PROGRAMS, console).values()
    return folder


def prepare_wheels(console: Console) -> Path:
    """Download the wheels of the locked packages and of what installs them, showing progress, and return their folder.

    Args:
        console: where progress is shown.

    Raises:
        ToolchainError: they could not be downloaded.
    """
    cache = cache_folder()
    step = _Step("wheels", cache / f"wheels-{wheels.key()}", wheels.download)
    _build([step], console, cache)
    return step.target


def _built(programs: Iterable[GoProgram], console: Console) -> dict[str, Path]:
    cache = cache_folder()
    steps = [_go_step(program, cache) for program in programs]
    _build(steps, console, cache)
    return {step.name: step.target for step in steps}


def _alone(cache: Path, console: Console) -> AbstractContextManager[None]:
    return locked(cache, waiting=lambda: console.print("another run is building the toolchain; waiting for it"))


def _build(steps: Sequence[_Step], console: Console, cache: Path) -> None:
    with _alone(cache, console), _building(steps, console, cache) as build:
        build(steps)


@contextmanager
def _building(steps: Sequence[_Step], console: Console, cache: Path) -> Iterator[Callable[[Sequence[_Step]], None]]:
    """Yield a function that builds what is missing of some steps, while the sources of later ones are downloaded."""
    missing = [step for step in steps if not step.target.is_dir()]
    if not missing:
        yield lambda _: None
        return
    console.print(
        f"toolchain: {len(missing)} of {len(steps)} parts are missing and will be built into {cache}", highlight=False
    )
    started = time.monotonic()
    progress = Steps(console, [step.name for step in missing])
    logs = cache / "logs"
    logs.mkdir(exist_ok=True)

    def build(wanted: Sequence[_Step]) -> None:
        for step in (step for step in wanted if not step.target.is_dir()):
            log = logs / f"{step.name.replace(' ', '-')}.log"
            log.unlink(missing_ok=True)
            with progress.step(step.name, detail=f"log: {log}"):
                publish(step.target, lambda folder, step=step, log=log: step.fill(folder, log))  # type: ignore[misc]

    with ThreadPoolExecutor(max_workers=1) as downloads:
        try:
            for step in missing[1:]:
                downloads.submit(step.fetch)
            yield build
        finally:
            downloads.shutdown(wait=False, cancel_futures=True)
    # Several gigabytes that serve only a build which was interrupted.
    shutil.rmtree(cache / "go-build", ignore_errors=True)
    console.print(f"toolchain: built in {clock(time.monotonic() - started)}", style="green", highlight=False)


def _suits_node(file: Path) -> bool:
    """Return whether a file that also goes into an image can stand there alone."""
    return file.name not in {wanted.program for wanted in IMAGES} or image.is_static(file)


def _go_step(program: GoProgram, cache: Path, cli: Path | None = None) -> _Step:
    """Return the step for a program: build it, or download an unbuilt provider with the Pulumi CLI on PATH."""
    built = cache / f"{program.name}-{go.key(program)}"
    if cli and program.name in PROVIDERS and not built.is_dir():
        downloaded = cache / f"{program.name}-{PROVIDERS[program.name]}"
        return _Step(program.name, downloaded, partial(plugins.download, cli, program.name))
    fetch = partial(go.fetch, program, cache)
    return _Step(program.name, built, lambda folder, log: go.build(program, folder, cache, log), fetch)


def _unpack(cache: Path) -> Callable[[Path, Path], None]:
    return lambda folder, log: debian.unpack(folder, cache, log)


def _assemble(folders: dict[str, Path], taken: dict[str, Path], cache: Path) -> Toolchain:
    places = [sorted((name, str(place)) for name, place in places.items()) for places in (folders, taken)]
    key = key_of(*places, IMAGES, image.APPLETS)
    home = publish(cache / f"toolchain-{key}", lambda folder: _fill(folder, folders, taken))
    debian_tree = folders.get(DEBIAN, home)
    images = {}
    for wanted in IMAGES if DEBIAN in folders else ():
        source = debian_tree / wanted.program if "/" in wanted.program else home / "bin" / wanted.program
        if source.is_file():
            images[wanted.reference] = _image(wanted, source, home, debian_tree / BUSYBOX_IMAGE.program)
    if (home / "bin" / "pulumi").exists():
        plugins.install(home, folders)
    toolchain = Toolchain(home / "bin", debian_tree, images, home / "pulumi", taken)
    (cache / "toolchain.json").write_text(toolchain.to_json())  # for `load`, so that `make env` answers at once
    return toolchain


def _fill(home: Path, folders: dict[str, Path], taken: dict[str, Path]) -> None:
    binaries = home / "bin"
    binaries.mkdir()
    for name, folder in folders.items():
        if name != DEBIAN:
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
