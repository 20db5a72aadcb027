"""A real Chromium without a window, driven through its DevTools protocol: what a page asks for, says and looks like."""

import base64
import itertools
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from testbed.waiting import until

_SWITCHES = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--disable-extensions", "--force-color-profile=srgb", "--remote-debugging-port=0"),
)
_SECONDS = 30
"""How long one answer of the browser may take."""


class Page:
    """A tab.

    Attributes:
        requested: the addresses of everything that was asked for.
        said: the lines of the console: errors, warnings, violations of the page's policy.
    """

    def __init__(self, connection: websocket.WebSocket) -> None:
        """Open an empty tab in the browser at the end of a connection."""
        self._connection, self._numbers, self._session = connection, itertools.count(1), ""
        self.requested: list[str] = []
        self.said: list[str] = []
        self._loaded = False
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._call(f"{domain}.enable")

    def open(self, address: str) -> None:
        """Load a page and wait until all of it is there."""
        self._loaded = False
        self._call("Page.navigate", url=address)
        while not self._loaded:
            self._take(self._receive())

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, as JSON knows it; the page's own policy does not apply."""
        done = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in done:
            raise AssertionError(done["exceptionDetails"])
        return done["result"].get("value")

    def appear(self, *, width: int, height: int = 900, scheme: str = "light", media: str = "screen") -> None:
        """Look at the page as a reader does.

        Args:
            width: of the window in pixels.
            height: of the window in pixels.
            scheme: the reader's colours, `light` or `dark`.
            media: `screen` or `print`.
        """
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", media=media, features=features)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._call("Emulation.setDeviceMetricsOverride", **metrics)

    def press(self, key: str) -> None:
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9}[key])

    def accessible(self) -> tuple[Mapping[str, Any], ...]:
        """Return the contents for a screen reader: `role` and `name` of each node that is not ignored."""
        nodes = self._call("Accessibility.getFullAXTree")["nodes"]
        return tuple(
            {"role": node["role"]["value"], "name": node.get("name", {}).get("value", "")}
            for node in nodes
            if not node["ignored"]
        )

    def picture(self, selector: str = "") -> bytes:
        """Return a PNG of the whole page, or of what a selector finds first."""
        clip = self.evaluate(
            f"(() => {{const e = {f'document.querySelector({selector!r})' if selector else 'document.documentElement'};"
            "const r = e.getBoundingClientRect();"
            "return {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height, scale: 1}})()"
        )
        done = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(done["data"])

    def _call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        self._connection.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = self._receive()
            if answer.get("id") != number:
                self._take(answer)
            elif "error" in answer:
                raise AssertionError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def _receive(self) -> Any:
        return json.loads(self._connection.recv())

    def _take(self, event: Any) -> None:
        parameters = event.get("params", {})
        match event.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent":
                self.requested.append(parameters["request"]["url"])
            case "Log.entryAdded":
                self.said.append(parameters["entry"]["text"])
            case "Runtime.consoleAPICalled":
                self.said.append(" ".join(str(item.get("value", "")) for item in parameters["args"]))
            case "Runtime.exceptionThrown":
                self.said.append(parameters["exceptionDetails"]["text"])


@contextmanager
def browser(program: Path) -> Iterator[websocket.WebSocket]:
    """Run a Chromium with a profile of its own, and give the connection through which pages are opened.

    Args:
        program: Chromium.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [str(program), *_SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        # No session bus: what Chromium would tell to the desktop is nobody's business.
        environment = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            try:
                connection = websocket.create_connection(
                    _address(Path(profile), running), timeout=_SECONDS, suppress_origin=True
                )
                yield connection
                connection.close()
            finally:
                running.terminate()


def _address(profile: Path, running: "subprocess.Popen[bytes]") -> str:
    """Return where the browser listens, which it writes to its profile."""
    file = profile / "DevToolsActivePort"

    def alive() -> None:
        if running.poll() is not None:
            raise RuntimeError(f"{running.args!r} ended with exit code {running.returncode}")

    until(lambda: file.is_file() and file.read_text().count("\n") == 1, "Chromium listens", _SECONDS, alive=alive)
    port, path = file.read_text().split("\n")
    return f"ws://127.0.0.1:{port}{path}"
