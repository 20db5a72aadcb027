"""Draw the picture of a pull request's comment: `python docs/images/render.py` (takes Debian's chromium).

The comment is the golden file of a real preview, tests/golden/typical.md; the style is like GitHub's.
"""

import subprocess
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

HERE = Path(__file__).parent
COMMENT = HERE.parents[1] / "tests" / "golden" / "typical.md"
PICTURE = HERE / "pull-request-comment.png"
SIZE = "900,740"
"""Of the page, in pixels."""

STYLE = """
body { font: 14px/1.5 "Liberation Sans", sans-serif; color: #1f2328; margin: 16px; background: #fff }
article { border: 1px solid #d1d9e0; border-radius: 6px }
header { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; padding: 8px 16px }
section { padding: 8px 16px 16px }
h2 { font-size: 21px; border-bottom: 1px solid #d1d9e0; padding-bottom: 6px; margin: 8px 0 12px }
h3 { font-size: 17px; margin: 16px 0 8px }
code { font: 12px "Liberation Mono", monospace; background: #eff1f3; border-radius: 6px; padding: 2px 5px }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px; white-space: pre-wrap }
pre code { background: none; padding: 0 }
h2 code, h3 code { font-size: inherit }
table { border-collapse: collapse; margin: 12px 0 }
td, th { border: 1px solid #d1d9e0; padding: 5px 13px }
ul { padding-left: 28px; margin: 8px 0 }
details { margin: 12px 0 }
"""

PAGE = """<!doctype html><meta charset="utf-8"><style>{style}</style>
<article><header><b>ci</b> commented</header><section>{comment}</section></article>"""


def main() -> None:
    """Write the picture."""
    comment = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(COMMENT.read_text())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(PAGE.format(style=STYLE, comment=comment))
        subprocess.run(
            [
                "chromium",
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                f"--user-data-dir={folder}/profile",
                "--hide-scrollbars",
                f"--window-size={SIZE}",
                f"--screenshot={PICTURE}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
