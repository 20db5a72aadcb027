"""The two providers as plugins of Pulumi: installed from what was built, or downloaded by the Pulumi CLI."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from testbed.toolchain.errors import ToolchainError
from testbed.toolchain.pins import PROVIDERS


def install(home: Path, folders: Mapping[str, Path]) -> None:
    """Install each provider that is there into the `PULUMI_HOME` of a toolchain.

    Args:
        home: the toolchain's folder.
        folders: the folders of the parts, by name.
    """
    for program in PROVIDERS.keys() & folders.keys():
        if not (home / "pulumi" / _file(program)).is_file():
            _install(home / "bin" / "pulumi", home / "pulumi", program, "--file", str(folders[program] / program))


def download(cli: Path, program: str, into: Path, log: Path) -> None:
    """Have the Pulumi CLI download a provider, as in any project.

    Args:
        cli: the Pulumi CLI.
        program: the provider's name.
        into: an empty folder for it.
        log: the file that takes the output.

    Raises:
        ToolchainError: it failed. The message names the command and the remedy.
    """
    home = into / "home"
    try:
        log.write_text(_install(cli, home, program))
    except ToolchainError as error:
        raise ToolchainError(
            f"{error}\n{program} is downloaded because {cli} is on PATH. If it cannot be downloaded here, "
            f"remove {cli.parent} from PATH: the engine and the providers are then built from source."
        ) from error
    (home / _file(program)).rename(into / program)
    shutil.rmtree(home)


def _file(program: str) -> Path:
    return Path("plugins", f"{program.removeprefix('pulumi-')}-v{PROVIDERS[program]}", program)


def _install(cli: Path, home: Path, program: str, *options: str) -> str:
    kind, name = program.removeprefix("pulumi-").split("-", 1)
    command = [str(cli), "plugin", "install", kind, name, PROVIDERS[program], *options]
    environment = os.environ | {
        "PATH": f"{cli.parent}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(home),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise ToolchainError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr
