"""The report in a real Chromium: it loads nothing, and can be read by everybody, everywhere.

Of stacks that are samples; that of a real one is looked at in test_command_report.py.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations
from pathlib import Path

import pytest

from secure_tiller_cli.report import build, to_html
from secure_tiller_cli.report.model import Level, ReportFinding
from secure_tiller_cli.results.result import Result, Status
from testbed.browser import Page, browser
from tests.support import colours, layout
from tests.support.samples import smallest
from tests.unit.secure_tiller_cli.report.samples import DEMO, DIGEST, NOW, ONE, STACK, proof, started, thirty, tiller
from tiller_facts.practices import BY_CODE

CHECK = proof(*(Result("green", f"check that ended {status}", status, "seen " * 30, "correct it") for status in Status))
CROWDED = smallest(
    namespaces={f"{number}-{'x' * 60}": {} for number in range(9)},
    clients={f"client-{number}-{'y' * 30}": {} for number in range(9)},
    subjects={"service_accounts": [{"namespace": "a" * 63, "name": "b" * 253}]},
)
EXPIRED = tiller("n" * 40, CROWDED, issued=timedelta(days=-91))
FAULTY = started(tiller("ops", smallest()), "--listen=0.0.0.0:44134")
UNREACHED = proof(
    Result("ops", "client certificate required", Status.NOT_CHECKED, f"https://{'a' * 120}:6443: No route to host", "")
)
FINDINGS = tuple(
    ReportFinding(Level.BAD, code, "ops", f"{'f' * 120} {practice.title}") for code, practice in BY_CODE.items()
)
"""A finding of each practice, so that the longest word is there."""
PAGES = {
    "one": to_html(build(STACK, ONE, None, NOW, DIGEST)),
    "two": to_html(build(STACK, DEMO, CHECK, NOW, DIGEST)),
    "thirty": to_html(build(STACK, thirty(), None, NOW, DIGEST)),
    "expired": to_html(build(STACK, (EXPIRED,), None, NOW, DIGEST)),
    "faulty": to_html(replace(build(STACK, (FAULTY,), UNREACHED, NOW, DIGEST, ("new",)), findings=FINDINGS)),
}
WIDTHS = (1400, 961, 769, 500, 320)
"""Of windows in pixels; 961 and 769 are the narrowest with tables in columns, and with pictures that run across."""
PAPER = 718
"""The pixels across A4 with margins of 1 cm."""


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
        assert layout.cut(tab) == [], width
        assert not layout.scrolls_sideways(tab), width
        assert layout.faint(tab) == [], width
    assert (layout.darkness(tab) > 0.8) is (scheme == "dark")


@pytest.mark.parametrize("which", ["two", "thirty"])
def test_what_is_folded_can_be_read_when_it_is_opened(tab: Page, tmp_path: Path, which: str) -> None:
    shown(tab, tmp_path, changed(PAGES[which], "<details", "<details open"))
    for width in WIDTHS:
        tab.appear(width=width)
        assert layout.overlaps(tab) == [], width
        assert layout.outside(tab) == [], width
        assert layout.cut(tab) == [], width
        assert not layout.scrolls_sideways(tab), width


FAULTS = {
    "over another": (".findings li > span { margin-top: -2rem }", layout.overlaps),
    "beyond its card": (".card * { font: 40px sans-serif !important; white-space: nowrap }", layout.outside),
    "faint": (":root { --muted: #999999 }", layout.faint),
    "wider than the window": (
        ".scroll { overflow: visible } .scroll table { min-width: 40rem }",
        layout.scrolls_sideways,
    ),
    "to be scrolled": (".scroll table { min-width: 40rem }", layout.cut),
    "clipped": (".findings li { overflow: hidden; white-space: nowrap }", layout.cut),
    "covered by its label": (".scroll td { padding-left: 2rem !important }", layout.cut),
}


@pytest.mark.parametrize("which", FAULTS)
def test_control_each_of_these_faults_is_found(tab: Page, tmp_path: Path, which: str) -> None:
    rules, faults = FAULTS[which]
    tab.appear(width=500)
    shown(tab, tmp_path, PAGES["two"])
    assert not faults(tab)
    shown(tab, tmp_path, styled(PAGES["two"], rules))
    assert faults(tab)


LABELS = """
[...document.querySelectorAll('main table')].flatMap(table => {
  const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
  const cells = [...table.tBodies].flatMap(body => [...body.rows]).flatMap(row => [...row.cells]);
  return cells.filter(cell => cell.matches('td:not(.line)') && cell.dataset.label !== heads[cell.cellIndex]);
}).map(cell => cell.outerHTML)
"""


def test_where_a_table_is_a_list_each_value_stands_behind_the_name_of_its_column(tab: Page, tmp_path: Path) -> None:
    tab.appear(width=500)
    for page in PAGES.values():
        shown(tab, tmp_path, page)
        assert tab.evaluate(LABELS) == []
    shown(tab, tmp_path, changed(PAGES["two"], 'data-label="Verbs"', 'data-label="Kinds"'))
    assert tab.evaluate(LABELS)


def alike(tab: Page) -> list[str]:
    """The colours of a legend that some reader cannot tell apart, and those that are faint on the page."""
    legends = layout.legends(tab)
    assert [len({key["words"] for key in keys}) for keys in legends] == [4, 4]
    pairs = [pair for keys in legends for pair in combinations(keys, 2)]
    return [
        *(f"{a['words']} | {b['words']}" for a, b in pairs if colours.distance(a["fill"], b["fill"]) < 0.15),
        *(
            key["words"]
            for key in chain.from_iterable(legends)
            if max(colours.contrast(key[part], key["page"]) for part in ("fill", "edge")) < 3
        ),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_the_colours_of_a_legend_differ_to_every_reader(tab: Page, tmp_path: Path, scheme: str, media: str) -> None:
    shown(tab, tmp_path, PAGES["two"])
    tab.appear(width=500, scheme=scheme, media=media)
    assert alike(tab) == []


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("--bar-preset: var(--bar)", "reaches it | may install, the preset"),
        ("--bar-bad: #eb1350", "an update of the stack renews it | expired, or not yet valid"),
        ("--bar: #8fb8e0", "from issue to renewal"),
    ],
    ids=["the same", "alike without green", "faint"],
)
def test_control_colours_of_a_legend_that_do_not_differ_are_found(
    tab: Page, tmp_path: Path, rule: str, found: str
) -> None:
    shown(tab, tmp_path, styled(PAGES["two"], f":root {{ {rule} }}"))
    tab.appear(width=500)
    assert found in alike(tab)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", PAGES)
def test_all_of_the_page_is_on_paper_and_dark_on_white(tab: Page, tmp_path: Path, which: str, scheme: str) -> None:
    shown(tab, tmp_path, PAGES[which])
    tab.appear(width=PAPER, scheme=scheme, media="print")
    for faults in (layout.hidden, layout.overlaps, layout.outside, layout.cut, layout.faint):
        assert faults(tab) == []
    assert layout.darkness(tab) == 0
    assert tab.evaluate(SPLIT) == []
    assert tab.evaluate(LONELY) == []


SPLIT = """
[...document.querySelectorAll('tr, .path, .card, .findings li')]
  .filter(element => getComputedStyle(element).breakInside !== 'avoid').map(element => element.outerHTML)
"""
LONELY = """
[...document.querySelectorAll('h2, h3, caption, summary, thead, tbody > :first-child')]
  .filter(element => getComputedStyle(element).breakAfter !== 'avoid').map(element => element.outerHTML)
"""
OPENED = "details::details-content { content-visibility: visible; block-size: auto; opacity: 1 }"


def test_control_what_paper_would_lose_or_print_dark_is_found(tab: Page, tmp_path: Path) -> None:
    def on_paper(page: str) -> None:
        shown(tab, tmp_path, page)
        tab.appear(width=PAPER, scheme="dark", media="print")

    on_paper(changed(PAGES["thirty"], OPENED, ""))
    assert layout.hidden(tab)
    on_paper(changed(PAGES["two"], "@media screen and (prefers-color-scheme", "@media (prefers-color-scheme"))
    assert layout.darkness(tab) > 0.8
    assert layout.faint(tab)
    on_paper(styled(PAGES["two"], "td { white-space: nowrap }"))
    assert layout.cut(tab)
    on_paper(styled(PAGES["two"], "tr, caption { break-inside: auto; break-after: auto }"))
    assert tab.evaluate(SPLIT)
    assert tab.evaluate(LONELY)


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
