"""Manifests are read as Tiller reads them."""

import pytest

from secure_tiller_cli.charts import ManifestError, read

RENDERED = """---
# Source: shop/templates/settings.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
---
# Source: shop/templates/empty.yaml

---
# Source: shop/charts/batch/templates/job.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: migration
  namespace: elsewhere
  annotations:
    helm.sh/hook: pre-install, Post-Upgrade
"""


def test_every_object_is_read_in_order_with_its_template() -> None:
    read_ones = [(each.api_version, each.kind, each.name, each.namespace, each.source) for each in read(RENDERED)]
    assert read_ones == [
        ("v1", "ConfigMap", "settings", "", "shop/templates/settings.yaml"),
        ("batch/v1", "Job", "migration", "elsewhere", "shop/charts/batch/templates/job.yaml"),
    ]


def test_hooks_are_read_as_helm_reads_them() -> None:
    settings, migration = read(RENDERED)
    assert (settings.hooks, migration.hooks) == ((), ("pre-install", "post-upgrade"))


@pytest.mark.parametrize(("hook", "left_out"), [("test-success", False), ("crd-install", False), ("test", True)])
def test_what_has_a_hook_that_helm_2_does_not_know_is_left_out(hook: str, left_out: bool) -> None:
    (pod,) = read(f"{{apiVersion: v1, kind: Pod, metadata: {{name: a, annotations: {{helm.sh/hook: {hook}}}}}}}")
    assert pod.left_out is left_out


def test_a_list_is_read_one_by_one_and_its_hook_is_that_of_each() -> None:
    text = """
apiVersion: v1
kind: List
metadata: {annotations: {helm.sh/hook: pre-install}}
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
  - apiVersion: v1
    kind: ConfigMapList
    items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]
"""
    assert [(each.name, each.hooks) for each in read(text)] == [("a", ("pre-install",)), ("b", ("pre-install",))]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("22:22", "22:22"),
        ("2020-01-01", "2020-01-01"),
        ("=", "="),
        ("0644", 0o644),
        ("12", 12),
        ("-1", -1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("yes", True),
        ("~", None),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
    ],
)
def test_a_plain_word_is_what_it_is_to_tiller(word: str, value: object) -> None:
    (read_one,) = read(f"apiVersion: v1\nkind: A\nmetadata: {{name: a}}\nvalue: [{word!s}]\n".replace("[-]", "['-']"))
    assert read_one.content["value"] == [value]


def test_nothing_is_read_from_nothing() -> None:
    assert read("") == read("---\n# Source: a/b.yaml\n---\n\n") == ()


WRONG = {
    "no YAML": ("a: b: c", "line 2: mapping values are not allowed"),
    "a list": ("- 1", "is no object of Kubernetes, but a list"),
    "text": ("hello", "is no object of Kubernetes, but a str"),
    "no kind": ("{apiVersion: v1, metadata: {name: a}}", "has no kind"),
    "no version": ("{kind: Pod, metadata: {name: a}}", "has no apiVersion"),
    "a version that is a number": ("{apiVersion: 1, kind: Pod}", "has a apiVersion that is no text"),
    "a name that is a number": ("{apiVersion: v1, kind: Pod, metadata: {name: 1}}", "a metadata.name that is no text"),
    "metadata that are text": ("{apiVersion: v1, kind: Pod, metadata: a}", "has metadata that are no map"),
    "a hook that is a number": (
        "{apiVersion: v1, kind: Pod, metadata: {annotations: {helm.sh/hook: 1}}}",
        "an annotation helm.sh/hook that is no text",
    ),
    "an item that is text": ("{apiVersion: v1, kind: List, items: [a]}", "is no object of Kubernetes, but a str"),
    "a number that is none": ("{apiVersion: v1, kind: A, metadata: {name: a}, x: !!int sesame}", "not what its tag or"),
    "an empty number": ("{apiVersion: v1, kind: A, metadata: {name: a}, x: !!int ''}", "not what its tag or form says"),
    "a truth that is none": ("{apiVersion: v1, kind: A, metadata: {name: a}, x: !!bool b}", "not what its tag or form"),
    "half a number": ("{apiVersion: v1, kind: A, metadata: {name: a}, x: 0x_}", "not what its tag or form says"),
    "a list of itself": ("&a {apiVersion: v1, kind: List, items: [*a]}", "or holds itself"),
    "a map in itself": ("{apiVersion: v1, kind: A, metadata: {name: a}, spec: &s {spec: *s}}", "or holds itself"),
    "an unsafe tag": ("!!python/object/apply:os.getcwd []", "is no YAML"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_object_is_refused_with_the_name_of_its_template(wrong: str) -> None:
    text, why = WRONG[wrong]
    with pytest.raises(ManifestError) as refused:
        read(f"---\n# Source: shop/templates/odd.yaml\n{text}\n")
    (problem,) = refused.value.problems
    assert problem.key == "manifest shop/templates/odd.yaml"
    assert why in problem.why


def test_what_cannot_be_read_is_not_quoted() -> None:
    with pytest.raises(ManifestError) as refused:
        read("# Source: a\npassword: 'sesame\n")
    assert "sesame" not in str(refused.value)
    with pytest.raises(ManifestError) as refused:
        read("a: !!int sesame")
    assert "sesame" not in str(refused.value)


def test_what_is_used_twice_does_not_hold_itself() -> None:
    (made,) = read("{apiVersion: v1, kind: A, metadata: {name: a}, one: &s {b: [c]}, two: *s, three: [*s, *s]}")
    assert made.content["three"] == [{"b": ["c"]}] * 2


def test_an_object_does_not_show_what_it_holds() -> None:
    (secret,) = read("{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {password: sesame}}")
    assert "sesame" not in repr(secret)
