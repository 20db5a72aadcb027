"""The script `secure-tiller`, before it is the command."""

import os
import socket
import ssl
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from threading import Thread

import pytest

from testbed.pulumi_stack import PROJECT
from tests.support import pki

STRANGER = pki.authority("of nobody here")
CALL = """
import sys
from types import SimpleNamespace

def call():
    import grpc
    trusted = grpc.ssl_channel_credentials(sys.argv[2].encode())
    with grpc.secure_channel("127.0.0.1:" + sys.argv[1], trusted) as channel:
        try:
            channel.unary_unary("/call")(b"", timeout=20)
        except grpc.RpcError as error:
            print(error.code().name)

sys.modules["secure_tiller_cli.commands"] = SimpleNamespace(main=call)
import secure_tiller_cli
secure_tiller_cli.main()
"""


@pytest.fixture
def port() -> Iterator[int]:
    """Listen as a server whose certificate the caller does not trust."""
    context = pki.serving(pki.server(pki.authority()))
    context.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                    with connection:
                        context.wrap_socket(connection, server_side=True).close()
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def called(port: int, first: str = "") -> subprocess.CompletedProcess[str]:
    """Let a command that calls the server be run by the script, in a process that has imported nothing but `first`."""
    environment = {name: value for name, value in os.environ.items() if name != "GRPC_VERBOSITY"}
    paths = os.pathsep.join([str(PROJECT / "components"), str(PROJECT)])
    return subprocess.run(
        [sys.executable, "-c", first + CALL, str(port), STRANGER.pem],
        env={**environment, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )


def test_of_a_refusal_nothing_is_written_but_what_the_command_says(port: int) -> None:
    done = called(port)
    assert (done.stdout, done.stderr) == ("UNAVAILABLE\n", "")


def test_control_when_it_is_set_after_the_import_the_core_of_grpc_writes(port: int) -> None:
    done = called(port, "import grpc")
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


def run(first: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a process that does something first."""
    return subprocess.run(
        [sys.executable, "-c", f"{first}\nimport secure_tiller_cli\nsecure_tiller_cli.main()"],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "components")},
        capture_output=True,
        text=True,
        check=False,
    )


INTERRUPTED = {
    "import": """
import sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "secure_tiller_cli.commands":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
""",
    "command": """
import sys
from types import SimpleNamespace

def interrupt():
    raise KeyboardInterrupt

sys.modules["secure_tiller_cli.commands"] = SimpleNamespace(main=interrupt)
""",
}
"""By what Ctrl-C interrupts, code that does the same."""


@pytest.mark.parametrize("when", INTERRUPTED)
def test_ctrl_c_ends_it_without_a_traceback_whenever_it_comes(when: str) -> None:
    done = run(INTERRUPTED[when])
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_it_is_the_script_that_is_installed() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"secure-tiller": "secure_tiller_cli:main"}


EXTRA = {
    "typer": "--help",
    "rich": "audit",
    "jinja2": "report --out page.html",
    "OpenSSL": "check --bundle .",
    "google.protobuf": "migrate blue",
    "grpc": "check",
}
"""The modules that the extra `cli` installs, each with a call that needs it."""


@pytest.mark.parametrize("module", EXTRA)
def test_without_the_extra_one_line_says_what_to_install(module: str) -> None:
    hidden = f"import sys; sys.modules[{module!r}] = None; sys.argv[1:] = {EXTRA[module].split()}"
    done = run(hidden)
    said = f"secure-tiller: the Python module {module}: is not installed; pip install 'pulumi-secure-tiller[cli]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_a_module_of_ours_that_is_missing_keeps_its_traceback() -> None:
    hidden = "import sys; sys.modules['secure_tiller_cli.commands.audit'] = None"
    done = run(hidden)
    assert "Traceback" in done.stderr


def test_what_the_remedy_names_is_an_extra_of_this_distribution() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["name"] == "pulumi-secure-tiller"
    assert len(project["optional-dependencies"]["cli"]) == len(EXTRA)
