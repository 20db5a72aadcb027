"""Builds a Go program from its pinned module."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from testbed.toolchain import path
from testbed.toolchain.cache import key_of
from testbed.toolchain.errors import ToolchainError
from testbed.toolchain.pins import GO, GoProgram

MODULES = Path(__file__).parent / "modules"


def key(program: GoProgram) -> str:
    """The cache key of a program: its description and every file of its module."""
    return key_of(program, *program.files, folder=MODULES / program.module)


def build(program: GoProgram, into: Path, cache: Path, log: Path) -> None:
    """Build the program's binaries into a folder.

    Args:
        program: the one to build.
        into: an empty folder for the binaries.
        cache: the testbed's cache; Go's build cache lies in it until everything is built, so that an interrupted
            build goes on where it was.
        log: the file that takes the commands and their output.

    Raises:
        ToolchainError: naming the program, the command that failed and the log.
    """
    command = require_go(program, cache)
    source = cache / "source" / program.name
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(MODULES / program.module, source)
    go = _Go(command, program, source, cache, log)
    for module, file, name in program.embedded:
        shutil.copyfile(go.folder_of(module) / file, source / name)
    go.run("build", "-mod=mod", "-trimpath", *_flags(program), "-o", f"{into}/", *program.packages)
    for module, folder in program.beside:
        for script in (go.folder_of(module) / folder).glob("pulumi-*"):
            if script.is_file():
                shutil.copyfile(script, into / script.name)
                (into / script.name).chmod(0o755)
    for module, file in program.files:
        (into / file).parent.mkdir(exist_ok=True)
        shutil.copyfile(go.folder_of(module) / file, into / file)
    missing = [name for name in program.binaries if not (into / name).is_file()]
    if missing:
        raise ToolchainError(f"{program.name}: the build ended well but made no {', '.join(missing)}; see {log}")
    shutil.rmtree(source)


def fetch(program: GoProgram, cache: Path) -> None:
    """Download the sources that a program is built from, so that its build need not wait for them.

    What cannot be downloaded is reported by the build.
    """
    command = path.find(GO, cache)
    if command:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, program.module)
            shutil.copytree(MODULES / program.module, source)
            go = _Go(command, program, source, cache, Path(os.devnull))
            with contextlib.suppress(ToolchainError):
                go.run("list", "-e", "-deps", *program.packages)


def require_go(program: GoProgram, cache: Path) -> Path:
    """Return the go command, or refuse to start a build that cannot succeed.

    Raises:
        ToolchainError: PATH has none that serves.
    """
    if command := path.find(GO, cache):
        return command
    have = "the go of PATH is older or does not run" if shutil.which("go") else "PATH has no go"
    raise ToolchainError(
        f"{program.name} is not on PATH in the version needed and must be built, but {have}.\n"
        "Install Go 1.21 or newer (https://go.dev/doc/install) and run this again."
    )


def _flags(program: GoProgram) -> list[str]:
    values = " ".join(f"-X {variable}={value}" for variable, value in program.variables)
    # Nobody debugs these programs: without DWARF a tenth of the compiler's time is saved.
    return ["-gcflags=all=-dwarf=false", "-ldflags", f"-s -w {values}".strip()]


def _compilers_memory() -> str:
    """Return how much memory a compiler may fill before it collects garbage, which takes a quarter of its time.

    There is a compiler for each core: together they fill half of the machine's memory.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return str(memory // 2 // (os.cpu_count() or 1))


class _Go:
    """The go command in one module, with its output in the log."""

    def __init__(self, command: Path, program: GoProgram, source: Path, cache: Path, log: Path) -> None:
        self._command, self._program, self._source, self._log = command, program, source, log
        # The user's GOFLAGS may hold what an older Go does not know (-buildvcs), so ours stand alone.
        self._environment = os.environ | {
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=mod",
            "GOWORK": "off",
            "GOTOOLCHAIN": program.go or "auto",
            "GOCACHE": str(cache / "go-build"),
            "GOGC": "off",
            "GOMEMLIMIT": _compilers_memory(),
        }

    def run(self, *arguments: str) -> str:
        command = [str(self._command), *arguments]
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            done = subprocess.run(
                command, cwd=self._source, env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
            log.write(done.stdout)
        if done.returncode:
            raise ToolchainError(
                f"{self._program.name}: the build failed (exit {done.returncode}).\n"
                f"  command: {' '.join(command)}\n  log:     {self._log}\n"
                "Run the same again to go on where it stopped."
            )
        return done.stdout.strip()

    def folder_of(self, module: str) -> Path:
        """The source of a required module, which is downloaded if need be: `go list` alone would give no folder."""
        return Path(json.loads(self.run("mod", "download", "-json", module))["Dir"])
