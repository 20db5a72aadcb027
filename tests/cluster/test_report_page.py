"""The report in a real Chromium: it loads nothing, and can be read by everybody, everywhere.

Of stacks that are samples; that of a real one is looked at in test_command_report.py.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from secure_tiller_cli.report import build, to_html
from secure_tiller_cli.results.result import Result, Status
from testbed.browser import Page, browser
from tests.support import layout
from tests.support.samples import smallest
from tests.unit.secure_tiller_cli.report.samples import DEMO, DIGEST, NOW, ONE, STACK, proof, thirty, tiller

CHECK = proof(*(Result("green", f"check that ended {status}", status, "seen " * 30, "correct it") for status in Status))
CROWDED = smallest(
    namespaces={f"{number}-{'x' * 60}": {} for number in range(9)},
    clients={f"client-{number}-{'y' * 30}": {} for number in range(9)},
    subjects={"service_accounts": [{"namespace": "a" * 63, "name": "b" * 253}]},
)
EXPIRED = tiller("n" * 40, CROWDED, issued=timedelta(days=-91))
PAGES = {
    "one": to_html(build(STACK, ONE, None, NOW, DIGEST)),
    "two": to_html(build(STACK, DEMO, CHECK, NOW, DIGEST)),
    "thirty": to_html(build(STACK, thirty(), None, NOW, DIGEST)),
    "expired": to_html(build(STACK, (EXPIRED,), None, NOW, DIGEST)),
}
WIDTHS = (1280, 768, 360)


@pytest.fixture(scope="module")
def tab(chromium: Path) -> Iterator[Page]:
    with browser(chromium) as connection:
        yield Page(connection)


def shown(tab: Page, folder: Path, page: str) -> Page:
    """Open a page as a file, as its reader does."""
    file = folder / "report.html"
    file.write_text(page)
    tab.requested.clear()
    tab.said.clear()
    tab.open(file.as_uri())
    return tab


def changed(page: str, old: str, new: str) -> str:
    """A page on which something is wrong, for the controls."""
    assert old in page
    return page.replace(old, new)


def styled(page: str, rules: str) -> str:
    return changed(page, "</style>", f"{rules}</style>")


FOREIGN = '<img src="https://report.invalid/pixel.png" alt="">'
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@pytest.mark.parametrize("which", PAGES)
def test_nothing_is_asked_for_but_the_page_and_nothing_is_complained_of(tab: Page, tmp_path: Path, which: str) -> None:
    shown(tab, tmp_path, PAGES[which])
    assert tab.requested == [(tmp_path / "report.html").as_uri()]
    assert tab.said == []


def test_control_what_a_page_would_load_is_seen_and_its_policy_forbids_it(tab: Page, tmp_path: Path) -> None:
    loading = changed(PAGES["one"], "</main>", f"{FOREIGN}</main>")
    shown(tab, tmp_path, loading)
    assert any("Content Security Policy" in said for said in tab.said)
    shown(tab, tmp_path, changed(loading, POLICY, "default-src *"))
    assert "https://report.invalid/pixel.png" in tab.requested


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", PAGES)
def test_every_text_can_be_read_in_light_and_dark_on_every_screen(
    tab: Page, tmp_path: Path, which: str, scheme: str
) -> None:
    shown(tab, tmp_path, PAGES[which])
    for width in WIDTHS:
        tab.appear(width=width, scheme=scheme)
        assert layout.overlaps(tab) == [], width
        assert layout.outside(tab) == [], width
        assert not layout.scrolls_sideways(tab), width
    assert layout.faint(tab) == []
    assert (layout.darkness(tab) > 0.8) is (scheme == "dark")


@pytest.mark.parametrize("which", ["two", "thirty"])
def test_what_is_folded_can_be_read_when_it_is_opened(tab: Page, tmp_path: Path, which: str) -> None:
    shown(tab, tmp_path, changed(PAGES[which], "<details", "<details open"))
    tab.appear(width=1280)
    assert layout.overlaps(tab) == []
    assert layout.outside(tab) == []
    assert not layout.scrolls_sideways(tab)


def test_control_each_of_these_faults_is_found(tab: Page, tmp_path: Path) -> None:
    tab.appear(width=360)
    shown(tab, tmp_path, styled(PAGES["two"], ".card * { font: 40px sans-serif !important; white-space: nowrap }"))
    assert layout.overlaps(tab)
    assert layout.outside(tab)
    shown(tab, tmp_path, styled(PAGES["two"], ":root { --muted: #999999 }"))
    assert layout.faint(tab)
    shown(tab, tmp_path, styled(PAGES["two"], ".scroll { overflow: visible }"))
    assert layout.scrolls_sideways(tab)


FOLDED = "document.querySelector('details.team .path').checkVisibility()"


def test_on_paper_nothing_is_folded(tab: Page, tmp_path: Path) -> None:
    shown(tab, tmp_path, PAGES["thirty"])
    tab.appear(width=1280)
    assert tab.evaluate(FOLDED) is False
    tab.appear(width=1280, media="print")
    assert tab.evaluate(FOLDED) is True


def test_a_screen_reader_names_all_headings_tables_and_drawings(tab: Page, tmp_path: Path) -> None:
    tab.appear(width=1280)
    nodes = shown(tab, tmp_path, PAGES["two"]).accessible()
    roles = ("heading", "table", "region", "image")
    names = {role: [node["name"] for node in nodes if node["role"] == role] for role in roles}
    assert names["heading"][:2] == ["Tillers of acme/shop/production", "Summary"]
    assert "Who can reach what through the Tiller of blue" in names["region"]
    assert "has a certificate" in names["image"]
    assert {"All teams at once", "All 12 certificates", "What did not pass"} <= set(names["table"])
    assert all(name for listed in names.values() for name in listed)


def test_the_keyboard_skips_to_the_summary_and_reaches_all_that_scrolls(tab: Page, tmp_path: Path) -> None:
    tab.appear(width=360)
    shown(tab, tmp_path, PAGES["two"])
    tab.press("Tab")
    assert tab.evaluate("document.activeElement.hash") == "#summary"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    reach = "[...document.querySelectorAll('.scroll')].every(e => e.tabIndex === 0 && e.ariaLabel)"
    assert tab.evaluate(reach) is True
