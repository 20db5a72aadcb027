"""The changes to a stack file that a pull request may make without an approval, and those that are ignored."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from testbed.pulumi_stack import PROJECT

BASE = """\
# Why this cluster is as it is.
secretsprovider: awskms://alias/pulumi
encryptedkey: AQICAHh
environment: [platform]
config:
  secure-tiller:cluster: {context: production, uid: 6f2d7a3e}
  secure-tiller:serverKeys: {green: {secure: "v1:abc"}}
  kubernetes:burst: 10
  secure-tiller:teams:
    blue: {namespaces: {blue-apps: {}}, clients: {alice: {}}}
"""
ENCRYPTED = "v1:abc"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("stack_file", PROJECT / ".github" / "scripts" / "stack_file.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


stack_file = _load()


def with_blue(settings: str, text: str = BASE) -> str:
    """The file with other settings of team blue."""
    line = "    blue: {namespaces: {blue-apps: {}}, clients: {alice: {}}}\n"
    assert line in text
    return text.replace(line, f"    blue: {settings}\n")


def changed(old: str, new: str) -> str:
    """The file with one thing in it changed."""
    assert old in BASE
    return BASE.replace(old, new)


# What is taken


@pytest.mark.parametrize(
    "proposed",
    [
        BASE,
        with_blue("{namespaces: {blue-apps: {}}, clients: {}}"),
        with_blue("{}\n    green: {clients: {bob: {}}}"),
        BASE + "  secure-tiller:defaults: {protect: true}\n  secure-tiller:removed: {green: with-releases}\n",
        BASE.replace("# Why this cluster is as it is.", "# Other words.\n"),
        changed("secretsprovider: awskms://alias/pulumi", "'secretsprovider': \"awskms://alias/pulumi\""),
    ],
)
def test_settings_of_teams_are_taken(proposed: str) -> None:
    taken = stack_file.take(BASE, proposed)
    assert taken.reasons == ()
    assert yaml.safe_load(taken.text) == yaml.safe_load(proposed)


def test_settings_that_go_are_gone() -> None:
    base = BASE + "  secure-tiller:defaults: {protect: true}\n"
    assert "protect" not in stack_file.take(base, BASE).text


@pytest.mark.parametrize("scalar", ["no", '"no"', "0o17", "1_000", "2024-01-01", "~", "1e3", "'yes'", '"a\\tb"', "ü"])
def test_a_value_stays_plain_or_quoted_so_that_pulumi_reads_what_it_would_have_read(scalar: str) -> None:
    proposed = with_blue(f"{{labels: {{a: {scalar}}}}}")
    taken = stack_file.take(BASE, proposed)
    before, after = label_of(proposed), label_of(taken.text)
    assert (before.value, before.tag) == (after.value, after.tag)
    assert (before.style is None) == (after.style is None) or not scalar.isascii()


def label_of(text: str) -> Any:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in ("config", "secure-tiller:teams", "blue", "labels", "a"):
        node = {pair[0].value: pair[1] for pair in node.value}[key]
    return node


def test_what_is_written_can_be_read_in_one_way_only() -> None:
    taken = stack_file.take(BASE, with_blue('{labels: {a: "\\x85\\u2028secretsprovider: passphrase"}}'))
    assert taken.text.isascii()
    assert yaml.safe_load(taken.text)["secretsprovider"] == "awskms://alias/pulumi"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=5), PLAIN, max_size=3))
def test_whatever_the_settings_are_the_rest_is_the_bases(teams: dict[str, Any]) -> None:
    proposed = yaml.safe_load(BASE)
    proposed["config"]["secure-tiller:teams"] = teams
    taken = stack_file.take(BASE, yaml.safe_dump(proposed))
    assume(not taken.reasons)  # a key `secure` or `<<`
    assert yaml.safe_load(taken.text) == proposed


@pytest.mark.parametrize("file", sorted((PROJECT / "stacks").glob("Pulumi.*.yaml")), ids=lambda file: file.name)
def test_the_stack_files_of_this_repository_can_be_compared(file: Path) -> None:
    taken = stack_file.take(file.read_text(), file.read_text())
    assert taken.reasons == ()
    assert yaml.safe_load(taken.text) == yaml.safe_load(file.read_text())


# What takes an approval

TRUST = {
    "another secrets provider": (changed("awskms://alias/pulumi", "passphrase"), "it changes secretsprovider"),
    "no secrets provider": (changed("secretsprovider: awskms://alias/pulumi\n", ""), "it changes secretsprovider"),
    "another key of the state": (changed("AQICAHh", "AQICAHi"), "it changes encryptedkey"),
    "a salt of its own": ("encryptionsalt: v1:x\n" + BASE, "it changes encryptionsalt"),
    "variables of the runner": (changed("[platform]", "[platform, mine]"), "it changes environment"),
    "another kubeconfig": (
        changed("{context: production,", "{kubeconfig: /tmp/mine, context: production,"),
        "it changes config.secure-tiller:cluster",
    ),
    "another context": (changed("context: production", "context: staging"), "it changes config.secure-tiller:cluster"),
    "another cluster": (changed("6f2d7a3e", "any"), "it changes config.secure-tiller:cluster"),
    "a number for a text": (changed("context: production", "context: 1"), "it changes config.secure-tiller:cluster"),
    "a private key": (changed("v1:abc", "v1:abd"), "it changes config.secure-tiller:serverKeys"),
    "text for a number": (changed("burst: 10", 'burst: "10"'), "it changes config.kubernetes:burst"),
    "another provider's settings": (changed("burst: 10", "burst: 11"), "it changes config.kubernetes:burst"),
    "a plugin's source": (BASE + "  tls:pluginDownloadURL: http://x\n", "it changes config.tls:pluginDownloadURL"),
    "an old form of a key": (
        BASE + "  secure-tiller:config:teams: {}\n",
        "it changes config.secure-tiller:config:teams",
    ),
    "a key that goes": (changed("  kubernetes:burst: 10\n", ""), "it changes config.kubernetes:burst"),
    "settings that stand elsewhere": ("secure-tiller:teams: {}\n" + BASE, "it changes secure-tiller:teams"),
    "a key that is Markdown": ('"<img src=x>": 1\n' + BASE, "it changes (a key that is not shown)"),
    "an encrypted value": (
        with_blue(f'{{labels: {{a: {{secure: "{ENCRYPTED}"}}}}}}'),
        "it has an encrypted value in secure-tiller:teams, which the preview would decrypt and show",
    ),
    "an encrypted value in a list": (
        with_blue(f'{{rights: {{rules: [{{secure: "{ENCRYPTED}"}}]}}}}'),
        "it has an encrypted value in secure-tiller:teams, which the preview would decrypt and show",
    ),
    "an encrypted map": (
        BASE + '  secure-tiller:defaults: {secure: "v1:abc"}\n',
        "it has an encrypted value in secure-tiller:defaults, which the preview would decrypt and show",
    ),
}


@pytest.mark.parametrize(("proposed", "reason"), TRUST.values(), ids=TRUST.keys())
def test_a_change_of_trust_takes_an_approval(proposed: str, reason: str) -> None:
    taken = stack_file.take(BASE, proposed)
    assert taken.reasons == (reason,)
    assert taken.text == ""


ODD = {
    "a key twice": (BASE + "secretsprovider: passphrase\n", "a key twice"),
    "a merge key": (with_blue("{<<: {clients: {}}}"), "a key twice, a merge key"),
    "a map as a key": (with_blue("{{a: b}: c}"), "a key that is no scalar"),
    "an anchor": (with_blue("&a {}"), "anchors"),
    "an alias": (with_blue("&a {}\n    green: *a"), "anchors"),
    "a map within itself": (with_blue("&a {b: *a}"), "anchors"),
    "a tag": (with_blue("{labels: {a: !!binary aGk=}}"), "tags"),
    "a Python object": (with_blue("{labels: {a: !!python/name:os.system }}"), "tags"),
    "another version of YAML": ("%YAML 1.1\n---\n" + BASE, "directives"),
    "two documents": (BASE + "---\n" + BASE, "no valid YAML"),
    "no YAML": (BASE + "}", "no valid YAML"),
    "nothing": ("", "no map"),
    "a list": ("[]", "no map"),
    "a config that is a list": ("config: []", "something else where a map belongs"),
    "a line break of old": (BASE + "# \x85secretsprovider: passphrase\n", "cannot be seen"),
    "a line break of Unicode": (BASE + "# \u2028secretsprovider: passphrase\n", "cannot be seen"),
    "a carriage return": (BASE + "# \rsecretsprovider: passphrase\n", "cannot be seen"),
    "text that runs backwards": (with_blue('{labels: {a: "\u202e"}}'), "cannot be seen"),
    "what is no UTF-8": (with_blue('{labels: {a: "\udcff"}}'), "cannot be seen"),
    "a deep nest": (with_blue("[" * 5000 + "]" * 5000), "nested"),
    "a long file": (BASE + "#" * 1_000_001, "longer"),
}


@pytest.mark.parametrize(("proposed", "reason"), ODD.values(), ids=ODD.keys())
def test_what_could_be_read_in_two_ways_takes_an_approval(proposed: str, reason: str) -> None:
    taken = stack_file.take(BASE, proposed)
    assert len(taken.reasons) == 1
    assert reason in taken.reasons[0]
    assert taken.text == ""


def test_a_new_stack_takes_an_approval() -> None:
    (reason,) = stack_file.take(None, BASE).reasons
    assert reason.startswith("it is a new stack")


def test_a_base_that_cannot_be_compared_takes_an_approval() -> None:
    (reason,) = stack_file.take(with_blue("&a {}"), BASE).reasons
    assert reason.startswith("the base branch's file cannot be compared")


@pytest.mark.parametrize(
    ("text", "throwaway"),
    [
        ("config: {secure-tiller:cluster: {uid: any}}", True),
        (BASE, False),
        ("config: {}", False),
        ("config: {secure-tiller:cluster: {uid: [any]}}", False),
        ("}", False),
    ],
)
def test_a_stack_for_any_cluster_is_not_previewed(text: str, throwaway: bool) -> None:
    assert stack_file.throwaway(text) is throwaway
