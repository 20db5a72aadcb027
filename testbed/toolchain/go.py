"""Builds a Go program from its pinned module."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from testbed.toolchain.cache import key_of
from testbed.toolchain.errors import ToolchainError
from testbed.toolchain.pins import GoProgram, OnPath

MODULES = Path(__file__).parent / "modules"
OLDEST_GO = (1, 21)  # the first that fetches the toolchain which a module asks for


def key(program: GoProgram) -> str:
    """The cache key of a program: its description and every file of its module."""
    return key_of(program, folder=MODULES / program.module)


def on_path(program: GoProgram, cache: Path) -> dict[str, Path]:
    """The program's binaries as PATH has them, or nothing unless all of them serve."""
    found = {wanted.version_command[0]: find(wanted, cache) for wanted in program.on_path}
    binaries = {name: path for name, path in found.items() if path}
    return binaries if binaries and len(binaries) == len(program.on_path) else {}


def find(wanted: OnPath, cache: Path) -> Path | None:
    """A program as PATH has it, if it serves; what the cache put there does not count."""
    name, *arguments = wanted.version_command
    folders = [folder for folder in os.get_exec_path() if cache not in Path(folder).resolve().parents]
    path = shutil.which(name, path=os.pathsep.join(folders))
    if not path:
        return None
    try:
        answer = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(path) if re.search(wanted.accepts, answer.stdout + answer.stderr, re.MULTILINE) else None


def build(program: GoProgram, into: Path, cache: Path, log: Path) -> None:
    """Build the program's binaries into a folder.

    Args:
        program: what to build.
        into: an empty folder for the binaries.
        cache: the testbed's cache; Go's build cache lies in it until everything is built, so that an interrupted
            build goes on where it was.
        log: the file that takes the commands and their output.

    Raises:
        ToolchainError: naming the program, the command that failed and the log.
    """
    require_go(program)
    source = cache / "source" / program.name
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(MODULES / program.module, source)
    go = _Go(program, source, cache, log)
    for module, file, name in program.embedded:
        shutil.copyfile(go.folder_of(module) / file, source / name)
    go.run("build", "-mod=mod", "-trimpath", *_link_flags(program), "-o", f"{into}/", *program.packages)
    for module, folder in program.beside:
        for script in (go.folder_of(module) / folder).glob("pulumi-*"):
            if script.is_file():
                shutil.copyfile(script, into / script.name)
                (into / script.name).chmod(0o755)
    missing = [name for name in program.binaries if not (into / name).is_file()]
    if missing:
        raise ToolchainError(f"{program.name}: the build ended well but made no {', '.join(missing)}; see {log}")
    shutil.rmtree(source)


def require_go(program: GoProgram) -> None:
    """Refuse to start a build that cannot succeed."""
    answer = shutil.which("go") and subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True).stdout
    version = re.match(r"go(\d+)\.(\d+)", answer or "")
    if not version or (int(version[1]), int(version[2])) < OLDEST_GO:
        have = f"PATH has Go {version[0].removeprefix('go')}" if version else "PATH has no go"
        oldest = ".".join(map(str, OLDEST_GO))
        raise ToolchainError(
            f"{program.name} is not on PATH in the version needed and must be built, but {have}.\n"
            f"Install Go {oldest} or newer (https://go.dev/doc/install) and run this again."
        )


def _link_flags(program: GoProgram) -> list[str]:
    values = " ".join(f"-X {variable}={value}" for variable, value in program.variables)
    return ["-ldflags", f"-s -w {values}".strip()]


class _Go:
    """The go command in one module, with its output in the log."""

    def __init__(self, program: GoProgram, source: Path, cache: Path, log: Path) -> None:
        self._program, self._source, self._log = program, source, log
        # The user's GOFLAGS may hold what an older Go does not know (-buildvcs), so ours stand alone.
        self._environment = os.environ | {
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=mod",
            "GOWORK": "off",
            "GOTOOLCHAIN": program.go or "auto",
            "GOCACHE": str(cache / "go-build"),
        }

    def run(self, *arguments: str) -> str:
        command = ["go", *arguments]
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
