"""A server of Pulumi's plugins on loopback, in place of the one that Pulumi's own CLI asks."""

import platform
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from testbed.toolchain import Toolchain, image
from testbed.toolchain.pins import PROVIDERS
from tests.support.served import served


@contextmanager
def serving(tools: Toolchain, folder: Path) -> Iterator[dict[str, str]]:
    """Serve the two providers that were built, and give the environment in which the CLI asks here and nowhere else.

    Args:
        tools: with the providers installed.
        folder: an empty one for the archives.
    """
    machine = f"{platform.system().lower()}-{image.architecture()}"
    for program, version in PROVIDERS.items():
        plugin = tools.pulumi_home / "plugins" / f"{program.removeprefix('pulumi-')}-v{version}" / program
        with tarfile.open(folder / f"{program}-v{version}-{machine}.tar.gz", "w:gz", compresslevel=1) as archive:
            archive.add(plugin, program)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    with served(server):
        yield {"PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES": f".*=http://127.0.0.1:{server.server_port}"}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Write no line for each request between those of the tests."""
