"""Draw the picture of a report: `python docs/images/report.py`, from the checkout.

The stack is the sample of two teams that the unit tests look at; the browser is the one that the tests use.
"""

import sys
import tempfile
from pathlib import Path

from rich.console import Console

sys.path.insert(0, str(Path(__file__).parents[2]))

from secure_tiller_cli.report import build, to_html
from secure_tiller_cli.results.result import Result, Status
from testbed.browser import Page, browser
from testbed.toolchain import prepare_browser
from tests.unit.secure_tiller_cli.report.samples import DEMO, DIGEST, NOW, STACK, proof

PICTURE = Path(__file__).parent / "report.png"
WIDTH = 1160
CHECK = proof(
    Result("blue", "port refuses plaintext", Status.PASSED, "the connection was closed", ""),
    Result(
        "green",
        "service accounts where Tiller installs",
        Status.FAILED,
        "green-apps/builder is bound to the ClusterRole cluster-admin",
        "remove the binding",
    ),
)
SHOWN = "#summary, #reach, #certificates"
"""The sections in the picture; the rest of the page is left out."""


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, browser(prepare_browser(Console(stderr=True))) as connection:
        file = Path(folder) / "report.html"
        file.write_text(to_html(build(STACK, DEMO, CHECK, NOW, DIGEST)))
        page = Page(connection)
        page.appear(width=WIDTH)
        page.open(file.as_uri())
        rest = f"main > section:not({SHOWN}), #reach .scroll:has(.matrix), #reach > ul, #reach > p, details, footer"
        page.evaluate(f"document.querySelectorAll('{rest}').forEach(each => each.remove())")
        PICTURE.write_bytes(page.picture())


if __name__ == "__main__":
    main()
