"""The page: it loads nothing, runs nothing, and shows every value as text, whatever it holds."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from secure_tiller_cli.report import GENERATOR, build, to_html, to_json
from secure_tiller_cli.results.result import CheckReport, Result, Status
from secure_tiller_cli.state import ClusterReference
from tests.support.samples import smallest
from tests.unit.secure_tiller_cli.report.samples import DEMO, DIGEST, NOW, ONE, STACK, proof, thirty, tiller
from tiller_facts.facts import FoundObject
from tiller_facts.rbac import Subject

HOSTILE = (
    '<script>alert("x")</script>',
    '"><img src=https://evil.example/x onerror=alert(1)>',
    "</title></svg></style><h1>",
    "' onload='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp;",
    "<!-- --> ]]>",
)

REFERENCES = ("href", "aria-labelledby", "aria-describedby")
VOID = {"meta", "br", "link", "img"}
"""Elements of ours that are never closed, or close themselves."""


class Elements(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.labels: list[str | None] = []
        """Of the elements with a role."""
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs
        if "role" in dict(attrs):
            self.labels.append(dict(attrs).get("aria-label"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, (tag, self.open, self.getpos())

    def handle_data(self, data: str) -> None:
        self.text += data


def page(*tillers: object, check: CheckReport | None = None) -> str:
    return to_html(build(STACK, tillers, check, NOW, DIGEST))  # type: ignore[arg-type]


PAGES = {"one team": page(*ONE), "two teams": page(*DEMO, check=proof()), "thirty teams": page(*thirty())}
PARSED = {which: Elements(made) for which, made in PAGES.items()}


@pytest.mark.parametrize("which", PAGES)
def test_the_page_loads_and_runs_nothing(which: str) -> None:
    elements = PARSED[which]
    assert elements.open == []
    assert not {"script", "link", "img", "iframe", "object", "form", "base", "image", "use"} & set(elements.names)
    for name, value in elements.attributes:
        assert not name.startswith("on"), name
        if name in ("href", "src", "xlink:href", "action", "srcset", "data"):
            assert (value or "").startswith("#"), value
    assert not re.findall(r"url\(|@import|https?://", PAGES[which].partition("<body>")[0])
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in elements.attributes


@pytest.mark.parametrize("which", PAGES)
def test_every_reference_within_the_page_has_one_target(which: str) -> None:
    attributes = PARSED[which].attributes
    targets = [value for name, value in attributes if name == "id"]
    references = [(value or "").removeprefix("#") for name, value in attributes if name in REFERENCES]
    assert len(targets) == len(set(targets))
    assert {word for reference in references for word in reference.split()} <= set(targets)


@pytest.mark.parametrize("which", PAGES)
def test_every_table_has_a_caption_and_every_role_a_name(which: str) -> None:
    elements = PARSED[which]
    assert elements.names.count("table") == elements.names.count("caption") >= 3
    assert len(elements.labels) > 5
    assert all(elements.labels)


def test_the_headings_leave_out_no_level() -> None:
    for elements in PARSED.values():
        levels = [int(name[1]) for name in elements.names if re.fullmatch(r"h[1-6]", name)]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def hostile(text: str) -> str:
    """A page on which every value that somebody else chooses is a text."""
    (one,) = ONE
    people = tuple(
        replace(role, subjects=(Subject("User", text), Subject(text, text, text))) if role.part == "people" else role
        for role in one.roles
    )
    manage = tuple(
        replace(
            role, namespace=text, rules=tuple(replace(rule, resources=(text,), verbs=(text,)) for rule in role.rules)
        )
        if role.part.startswith("manage:")
        else role
        for role in people
    )
    ends = dict(one.expirations)
    ends |= {f"client:{text}": ends["client:bob"], text: {**ends["client:bob"], "serial": text}}
    pod = {
        "metadata": {"annotations": {"secure-tiller/trusts": f"ca:{text.split()[0]}"}},
        "spec": {"containers": [{"name": "tiller", "image": text, "args": [f"--listen={text}"]}]},
    }
    cluster = replace(one.cluster, context=text, identifier=text)
    changed = replace(
        one,
        name=text,
        namespace=text,
        service_account=text,
        roles=manage,
        expirations=ends,
        deployment_spec={"template": pod},
        objects=(FoundObject("Deployment", {"metadata": {"name": text}, "spec": {"template": pod}}, text, "apps"),),
        cluster=cluster,
    )
    results = tuple(Result(text, text, status, text, text) for status in Status)
    return to_html(
        build(text, (changed, *DEMO), CheckReport(text, NOW.isoformat(), text, DIGEST, results), NOW, DIGEST)
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_text_and_nothing_else(text: str) -> None:
    harmless = re.sub(r"[^\s/]", "x", text)
    elements, plain = Elements(hostile(text)), Elements(hostile(harmless))
    assert elements.open == []
    assert Counter(elements.names) == Counter(plain.names)
    assert Counter(name for name, _ in elements.attributes) == Counter(name for name, _ in plain.attributes)
    assert elements.text.count(text) == plain.text.count(harmless) > 20


@pytest.mark.parametrize("text", ["\u202egnp.exe", "\x1b[31mred", "a\x00b", "\ud800"])
def test_characters_that_draw_or_turn_the_text_are_escaped(text: str) -> None:
    made = hostile(text)
    assert text not in made
    made.encode()


def test_what_looks_like_a_private_key_is_not_shown() -> None:
    made = hostile("-----BEGIN EC PRIVATE KEY-----MHcCAQEE")
    assert "MHcCAQEE" not in made
    assert "not shown" in made


def test_no_pem_of_the_state_is_on_the_page() -> None:
    for made in (*PAGES.values(), to_json(build(STACK, DEMO, None, NOW, DIGEST))):
        assert "BEGIN" not in made


def test_states_are_said_in_words() -> None:
    expired = page(tiller("green", smallest(), issued=timedelta(days=-91)))
    assert "1 day ago expired" in " ".join(Elements(expired).text.split())
    assert "20 days left renewal due" in " ".join(PARSED["two teams"].text.split())


def test_without_a_check_the_page_says_how_to_make_one() -> None:
    assert "secure-tiller check --format json > check.json" in PARSED["one team"].text
    assert "check.json" not in PARSED["two teams"].text


def test_the_results_of_the_check_are_on_the_page() -> None:
    failed = Result("blue", "port refuses plaintext", Status.FAILED, "it answered", "run pulumi up")
    text = Elements(page(*DEMO, check=proof(failed))).text
    for part in ("port refuses plaintext", "it answered", "run pulumi up", "https://10.0.0.1:6443"):
        assert part in text


@pytest.mark.parametrize("which", PAGES)
def test_what_belongs_to_one_team_is_folded_only_where_there_are_many(which: str) -> None:
    assert (PARSED[which].names.count("details") > 10) is (which == "thirty teams")


def test_the_json_holds_what_the_page_shows() -> None:
    read = json.loads(to_json(build(STACK, DEMO, proof(), NOW, DIGEST)))
    assert list(read) == [
        *("generator", "version", "stack", "clusters", "madeAt", "findings", "promises", "teams", "check"),
    ]
    assert (read["generator"], read["stack"], read["madeAt"]) == (GENERATOR, STACK, "2026-11-25T12:00:00+00:00")
    blue, green = read["teams"]
    assert blue["clients"] == ["alice", "ci"]
    assert green["namespaces"][0] == {
        "name": "green-apps",
        "made": True,
        "podSecurity": "baseline",
        "beyond": ["networkpolicies", "rolebindings", "roles"],
        "preset": True,
        "bound": True,
    }
    assert set(blue["certificates"][0]) == {"team", "name", "serial", "issued", "renewalBegins", "ends", "state"}
    assert read["check"]["results"][0]["status"] == "passed"


def test_a_tiller_of_which_the_state_has_almost_nothing_still_has_its_page() -> None:
    bare = replace(
        ONE[0],
        stack="",
        expirations={},
        certificates={},
        roles=(),
        created={},
        deployment_spec={},
        objects=(),
        cluster=ClusterReference(),
    )
    made = build("the selected stack", (bare,), None, NOW, DIGEST)
    assert Elements(to_html(made)).open == []
    assert "Not seen" in {each.word for each in made.findings}


def test_the_same_stack_at_the_same_time_is_the_same_page() -> None:
    assert page(*DEMO) == page(*DEMO)
