"""Manifests are read as Tiller reads them."""

import json

import pytest
import yaml

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
    (pod,) = read(
        f"# A hook\n{{apiVersion: v1, kind: Pod, metadata: {{name: a, annotations: {{helm.sh/hook: {hook}}}}}}}"
    )
    assert pod.left_out is left_out


def test_a_list_is_read_one_by_one_and_its_hook_is_that_of_each() -> None:
    text = """
apiVersion: v1
kind: List
metadata: {annotations: {helm.sh/hook: pre-install}}
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
"""
    assert [(each.name, each.hooks) for each in read(text)] == [("a", ("pre-install",)), ("b", ("pre-install",))]


EMPTY = ["items:", "items: []"]


@pytest.mark.parametrize("items", EMPTY)
@pytest.mark.parametrize("kind", ["List", "ConfigMapList", "ConfigMap"])
def test_a_list_of_nothing_is_nothing(kind: str, items: str) -> None:
    assert read(f"apiVersion: v1\nkind: {kind}\nmetadata: {{}}\n{items}\n") == ()


@pytest.mark.parametrize("items", EMPTY)
@pytest.mark.parametrize("kind", ["List", "ConfigMapList", "ConfigMap"])
def test_a_hook_of_nothing_is_refused_as_tiller_fails_at_it(kind: str, items: str) -> None:
    metadata = "{annotations: {helm.sh/hook: pre-install}}"
    with pytest.raises(ManifestError, match="a hook without an object"):
        read(f"# A hook\napiVersion: v1\nkind: {kind}\nmetadata: {metadata}\n{items}\n")


def test_an_item_without_a_type_has_that_of_its_list() -> None:
    (made,) = read("apiVersion: v1\nkind: ConfigMapList\nitems: [{metadata: {name: a}}]\n")
    assert (made.api_version, made.kind) == ("v1", "ConfigMap")
    assert (made.content["apiVersion"], made.content["kind"]) == ("v1", "ConfigMap")


@pytest.mark.parametrize("namespace", ["''", "~", "1", "true", "[]", "{}"])
def test_a_namespace_that_is_no_text_is_that_of_the_release(namespace: str) -> None:
    (made,) = read(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: {namespace}}}}}")
    assert made.namespace == ""


@pytest.mark.parametrize("hook", ["1", "true", "~", "''"])
def test_a_hook_that_is_no_word_is_one_that_helm_2_does_not_know(hook: str) -> None:
    (made,) = read(
        f"# A hook\n{{apiVersion: v1, kind: A, metadata: {{name: a, annotations: {{helm.sh/hook: {hook}}}}}}}"
    )
    assert made.left_out


def test_the_policies_and_the_weight_of_a_hook_are_read() -> None:
    annotations = "helm.sh/hook: pre-install, helm.sh/hook-delete-policy: 'Before-Hook-Creation, other', WEIGHT"
    for weight, read_weight in {"-5": -5, "'+5'": 5, "a": 0, "1.5": 0}.items():
        words = annotations.replace("WEIGHT", f"helm.sh/hook-weight: {weight}")
        (made,) = read(f"# A hook\n{{apiVersion: v1, kind: A, metadata: {{name: a, annotations: {{{words}}}}}}}")
        assert (made.policies, made.weight) == (frozenset(["before-hook-creation", "other"]), read_weight)


HOOK_IN_BRACES = "{apiVersion: v1, kind: A, metadata: {name: a, annotations: {helm.sh/hook: pre-install}}}"


@pytest.mark.parametrize("before", ["", "\n\n", "# Source: a/templates/b.yaml\n"])
def test_a_hook_in_braces_is_json_to_tiller(before: str) -> None:
    with pytest.raises(ManifestError, match="is a hook that begins with a brace and is no JSON"):
        read(before + HOOK_IN_BRACES)
    assert len(read(before + "# its own comment\n" + HOOK_IN_BRACES)) == 1
    assert len(read(before + json.dumps(yaml.safe_load(HOOK_IN_BRACES)))) == 1
    assert len(read(before + HOOK_IN_BRACES.replace("helm.sh/hook", "other"))) == 1


WORDS: dict[str, object] = {
    # As Go's library takes them: gopkg.in/yaml.v2 2.2.8, resolve.go.
    "22:22": "22:22",
    "2020-01-01": "2020-01-01",
    "=": "=",
    "1.2.3": "1.2.3",
    "'-'": "-",
    "1e400": "1e400",
    "9" * 5000: "9" * 5000,
    "0644": 0o644,
    "0o17": 15,
    "0O17": 15,
    "0x1F": 31,
    "0X1f": 31,
    "0b11": 3,
    "-0b11": -3,
    "1_000": 1000,
    "08": 8,
    "12": 12,
    "+12": 12,
    "-1": -1,
    "1.5": 1.5,
    "1e3": 1000,
    ".5": 0.5,
    "3.0": 3,
    "1.": 1,
    "1e22": 1e22,
    "0x_": "0x_",
    "_1": "_1",
    ".": ".",
    "-": "-",
    "1e": "1e",
    "<<": "<<",
    **dict.fromkeys(("yes", "y", "Y", "on", "true", "TRUE"), True),
    **dict.fromkeys(("no", "n", "N", "off", "False"), False),
    **dict.fromkeys(("~", "null", "NULL", ""), None),
    # A tag that it does not know makes text of a word, and says nothing of a map or a list.
    **{f"{tag} yes": "yes" for tag in ("!!string", "!text", "!!map", "!!seq", "!!set", "!!str", "!!merge")},
    "! true": "true",
    "!!str 12": "12",
    "!!int '12'": 12,
    "!!float 12": 12,
    "!!bool y": True,
    "!!null ''": None,
    "!!binary aGk=": "hi",
    "!!timestamp 2020-01-01": "2020-01-01",
    "!text {a: 1}": {"a": 1},
    "!!set [1]": [1],
    "!!str [1]": [1],
    # What `<<` names replaces what stands before it, and the later of two anchors of one name counts.
    "{a: c, <<: {a: b}}": {"a": "b"},
    "{<<: {a: b}, a: c}": {"a": "c"},
    "{<<: [{a: b}, {a: c}]}": {"a": "b"},
    "[&x 1, &x 2, *x]": [1, 2, 2],
    # A key is text.
    "{yes: 1}": {"true": 1},
    "{12: 1}": {"12": 1},
    "{0x10: 1}": {"16": 1},
    "{3.0: 1}": {"3": 1},
    "{1.5: 1}": {"1.5": 1},
    "{1e6: 1}": {"1e+06": 1},
    "{-0.0: 1}": {"-0": 1},
    # Underscores between digits, and bytes that are no text.
    ".5_0": 0.5,
    "._5": "._5",
    "!!binary Infinity": '"w\ufffd\ufffd+r',
    # A question mark outside brackets, and within quotes.
    "a?b": "a?b",
    "[?a]": [{"a": None}],
    "['?', \"a?\"]": ["?", "a?"],
    # Each escape that Go knows but one, which the library refuses.
    r'"\0\a\b\t\n\v\f\r\e\ \"\\\N\_\L\P\x41\u0041\U00000041"': '\0\a\b\t\n\v\f\r\x1b "\\\x85\xa0\u2028\u2029AAA',
    r'"\\/"': "\\/",
    r"'\/'": "\\/",
}


def test_the_documents_of_one_text_share_one_limit_of_values() -> None:
    values = f"[&a [{'1, ' * 100}], &b [{'*a, ' * 100}], {'*b, ' * 19}]"  # 200,000 of them, aliases resolved
    one = f"apiVersion: v1\nkind: A\nmetadata: {{name: a}}\nvalue: {values}\n"
    assert read("---\n".join([one] * 2))
    with pytest.raises(ManifestError, match="holds more than 500,000 values"):
        read("---\n".join([one] * 3))


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_what_it_is_to_tiller(word: str) -> None:
    text = f"apiVersion: v1\nkind: A\nmetadata: {{name: a}}\nvalue:\n  - {word}\n"
    (made,) = read(text.replace("- -\n", "- '-'\n"))
    found = made.content["value"]
    assert (found, type(found[0])) == ([WORDS[word]], type(WORDS[word]))


NO_WORDS = [
    *(
        ".inf",
        "-.inf",
        ".nan",
        "!!int sesame",
        "!!int ''",
        "!!int 1.5",
        "!!bool 1",
        "!!bool b",
        "!!null x",
        "!!float x",
    ),
    *("{1.2345678: 1}", "{.inf: 1}", "{9223372036854775808: 1}", "!!float 9223372036854775808"),
    *("!!timestamp 2001-02-30", "!!timestamp 2001-01-01x"),
    *(r'"\/"', r'"é\/"', r'{"a\/": 1}', r'"\\\/"', r'"\q"', r'"\ud800"'),
    *("[a?b]", "[a?]", "{a ?b: c}", "{k: [{a: ?b}]}", "{?: a}"),
    # Go takes these.
    *(r'"it\'s"', "[a:]", "{a:, b: c}"),
    *("!!timestamp x", "!!binary sesame!", "{~: 1}", "{[a]: 1}", "{{a: b}: 1}"),
]


@pytest.mark.parametrize("word", NO_WORDS)
def test_a_word_that_tiller_cannot_read_is_refused_and_not_quoted(word: str) -> None:
    with pytest.raises(ManifestError, match="is no YAML") as refused:
        read(f"apiVersion: v1\nkind: A\nmetadata: {{name: a}}\nvalue:\n  - {word}\n")
    assert "sesame" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Kind: A\nkind: A\napiVersion: v1", "the key kind in another case"),
        ("\u212aind: A\nkind: A\napiVersion: v1", "the key kind in another case"),
        ("kind: A\napiVersion: v1\nMetadata: {}", "the key metadata in another case"),
        ("kind: A\napiVersion: v1\nmetadata: {Annotations: {}}", "the key annotations in another case"),
        ("kind: A\napiVersion: v1\nmetadata: {name: a, NAME: b}", "the key name in another case"),
        ("kind: List\napiVersion: v1\nItems: []", "the key items in another case"),
        ("kind: List\napiVersion: v1\nitems: [{kind: A, apiVersion: v1, Kind: b}]", "the key kind in another case"),
        ("kind: List\napiVersion: v1\nmetadata: x\nitems: []", "has metadata that are no map"),
        ("kind: List\napiVersion: [x]\nitems: []", "has a apiVersion that is no text"),
        ("kind: List\napiVersion: v1\nmetadata: {name: [x]}\nitems: []", "has a name that is no text"),
        ("kind: A\napiVersion: a/b/c", "an apiVersion with more than one slash"),
        ("  kind: A\n  apiVersion: v1", "is no YAML: line 2"),
    ],
)
def test_a_head_that_helm_reads_otherwise_than_kubernetes_is_refused(text: str, why: str) -> None:
    with pytest.raises(ManifestError, match=why):
        read(text)


def test_other_keys_may_be_in_any_case() -> None:
    (made,) = read("kind: A\napiVersion: v1\nmetadata: {name: a, Labels: {Kind: a}}\nspec: {Kind: b, Items: []}")
    assert made.content["spec"] == {"Kind": "b", "Items": []}


@pytest.mark.parametrize("space", ["\ufeff", "\xa0", "\xa0\n", "\t\n", "\u2028", " \r\n", "\x85"])
def test_space_around_a_document_counts_as_little_as_to_helm(space: str) -> None:
    around = "" if space == "\ufeff" else space
    (made,) = read(f"{space}kind: A\napiVersion: v1\nvalue: |\n  x\n{around}")
    assert made.content == {"kind": "A", "apiVersion": "v1", "value": "x\n"}


def test_the_last_line_of_each_document_ends_as_in_tiller() -> None:
    one = "kind: A\napiVersion: v1\nvalue: |\n  x"
    assert [each.content["value"] for each in read(f"{one}\n---\n{one}")] == ["x\n", "x\n"]


def test_only_the_first_document_between_two_lines_counts() -> None:
    one = "{apiVersion: v1, kind: A, metadata: {name: NAME}}\n"
    made = read(f"{one.replace('NAME', 'a')}...\n{one.replace('NAME', 'b')}---\n{one.replace('NAME', 'c')}")
    assert [each.name for each in made] == ["a", "c"]


def test_nothing_is_read_from_nothing() -> None:
    assert read("") == read("---\n# Source: a/b.yaml\n---\n\n") == ()


def doubling(twice: str) -> str:
    """A document of 1 kB, in which each of 40 values holds the one before it twice."""
    values = ["v0: &v0 {a: 1}", *(f"v{n}: &v{n} {twice}" % (f"*v{n - 1}", f"*v{n - 1}") for n in range(1, 40))]
    return "\n".join(values)


WRONG = {
    "no YAML": ("a: b: c", "line 2: mapping values are not allowed"),
    "a list": ("- 1", "is no object of Kubernetes, but a list"),
    "text": ("hello", "is no object of Kubernetes, but a str"),
    "no kind": ("{apiVersion: v1, metadata: {name: a}}", "has no kind"),
    "no version": ("{kind: Pod, metadata: {name: a}}", "has no apiVersion"),
    "a version that is a number": ("{apiVersion: 1, kind: Pod}", "has a apiVersion that is no text"),
    "a name that is a number": ("{apiVersion: v1, kind: Pod, metadata: {name: 1}}", "a metadata.name that is no text"),
    "metadata that are text": ("{apiVersion: v1, kind: Pod, metadata: a}", "has metadata that are no map"),
    "annotations that are text": (
        "{apiVersion: v1, kind: A, metadata: {annotations: ''}}",
        "annotations that are no map",
    ),
    "an annotation that is a map": (
        "{apiVersion: v1, kind: A, metadata: {annotations: {helm.sh/hook: {}}}}",
        "an annotation helm.sh/hook that is no text",
    ),
    "metadata that are empty text": ("{apiVersion: v1, kind: Pod, metadata: ''}", "has metadata that are no map"),
    "metadata that are a list": ("{apiVersion: v1, kind: Pod, metadata: []}", "has metadata that are no map"),
    "items that are a map": ("{apiVersion: v1, kind: List, items: {}}", "has items that are no list"),
    "items that are text": ("{apiVersion: v1, kind: List, items: ''}", "has items that are no list"),
    "a list without a kind": ("{apiVersion: v1, items: []}", "has no kind"),
    "a list in a list": (
        "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: []}]}",
        "holds a List in a List",
    ),
    "an item that is nothing": ("{apiVersion: v1, kind: ConfigMapList, items: [~]}", "but a NoneType"),
    "an item with half a type": (
        "{apiVersion: v1, kind: ConfigMapList, items: [{kind: ConfigMap, metadata: {name: a}}]}",
        "has no apiVersion",
    ),
    "an item that is text": ("{apiVersion: v1, kind: List, items: [a]}", "is no object of Kubernetes, but a str"),
    "a list of itself": ("&a {apiVersion: v1, kind: List, items: [*a]}", "a value contains itself"),
    "a map in itself": (
        "{apiVersion: v1, kind: A, metadata: {name: a}, spec: &s {spec: *s}}",
        "a value contains itself",
    ),
    "an unsafe tag": ("!!python/object/apply:os.getcwd []", "is no object of Kubernetes, but a list"),
    "30,000 brackets": ("[" * 30_000 + "]" * 30_000, "is nested too deeply: more than 100 levels"),
    "30,000 braces": ("{a: " * 30_000 + "}" * 30_000, "is nested too deeply: more than 100 levels"),
    "a ladder": ("".join(f"{' ' * level}a:\n" for level in range(1_000)), "is nested too deeply"),
    "Lists of Lists by aliases": (doubling("{kind: List, items: [%s, %s]}"), "holds more than 500,000 values"),
    "maps of maps by aliases": (doubling("{a: %s, b: %s}"), "holds more than 500,000 values"),
    "lists of lists by aliases": (doubling("[%s, %s]"), "holds more than 500,000 values"),
    "merged maps by aliases": (doubling("{<<: [%s, %s]}"), "holds more than 500,000 values"),
    "a number of a million parts": (f"a: !!int {'1:' * 1_000_000}1", "holds a number of more than 1000 digits"),
    "a fraction of a million parts": (f"a: !!float {'1:' * 1_000_000}1", "holds a number of more than 1000 digits"),
    "a fraction beyond all": (f"a: !!float {'9:' * 300}1", "does not match its tag or format"),
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


def test_every_manifest_that_cannot_be_read_has_a_problem() -> None:
    with pytest.raises(ManifestError) as refused:
        read("---\n# Source: a\n[\n---\n{apiVersion: v1, kind: A, metadata: {name: a}}\n---\n# Source: b\n{kind: A}\n")
    assert [problem.key for problem in refused.value.problems] == ["manifest a", "manifest b"]


def test_of_many_manifests_that_cannot_be_read_the_first_twenty_are_named() -> None:
    with pytest.raises(ManifestError) as refused:
        read("[\n---\n" * 1_000)
    assert len(refused.value.problems) == 20


OBJECT = "{apiVersion: v1, kind: A, metadata: {name: a}}"
LIST = f"{{apiVersion: v1, kind: List, a: &a {OBJECT}, items: [{'*a, ' * 30_000}]}}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{OBJECT}\n---\n" * 30_000, "is one of more than 20,000"),
        (LIST, "is one of more than 20,000"),
        (f"# {'x' * 21 * 2**20}\n{OBJECT}", "is larger than Tiller accepts"),
    ],
    ids=["documents", "a List", "a size"],
)
def test_more_than_any_release_holds_is_refused(text: str, why: str) -> None:
    with pytest.raises(ManifestError, match=why):
        read(text)


@pytest.mark.parametrize("blank", ["\n", " ", "\t\n"])
def test_blank_lines_take_no_time(blank: str) -> None:
    assert [each.name for each in read(f"{blank * 300_000}\n---\n{OBJECT}")] == ["a"]


@pytest.mark.parametrize(
    ("between", "number"),
    [("\n---\n", 2), (" \n\n---\n \n", 2), ("\n---", 2), ("\n--- # b\n", 2), ("\n---\n---\n", 2), ("\r\n---\r\n", 2)],
)
def test_documents_are_cut_where_helm_cuts_them(between: str, number: int) -> None:
    assert len(read(f"---\n{OBJECT}{between}{OBJECT}\n")) == number


def test_what_is_deep_as_no_published_definition_is_read() -> None:
    assert read(f"{{apiVersion: v1, kind: A, metadata: {{name: a}}, spec: {'{a: ' * 90}1{'}' * 90}}}")


@pytest.mark.parametrize("word", ["*sesame", "!sesame a", "&sesame a: *sesame2"])
def test_an_alias_or_a_tag_that_may_be_a_password_is_not_quoted(word: str) -> None:
    with pytest.raises(ManifestError) as refused:
        read(f"password: {word}")
    assert "sesame" not in str(refused.value)
