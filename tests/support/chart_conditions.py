"""Charts with one condition each, and changes of a release, with what the real Tiller makes of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

OWN = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata: {a: b}\n"


def _item(name: str, rest: str = "", kind: str = "ConfigMap", metadata: str = "") -> str:
    return f"{{apiVersion: v1, kind: {kind}, metadata: {{name: '{{{{ .Release.Name }}}}{name}'{metadata}}}{rest}}}"


def _hook(events: str, policy: str = "", name: str = "") -> str:
    annotations = f"helm.sh/hook: '{events}', helm.sh/hook-delete-policy: '{policy}'"
    return f"# A hook\n{_item(name, metadata=f', annotations: {{{annotations}}}')}"


@dataclass(frozen=True)
class Condition:
    """A condition, and what Tiller makes of it.

    Attributes:
        templates: each a file; a ConfigMap of the release's name is among the objects of every chart but `alone`.
        installs: whether it is installed.
        upgrades: whether what is installed is upgraded.
        after: whether a release of OWN alone is upgraded to it; None: as it is installed.
        metadata: more of Chart.yaml.
        alone: whether OWN is left out.
    """

    templates: tuple[str, ...] = ()
    installs: bool = True
    upgrades: bool = True
    after: bool | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    alone: bool = False


CONDITIONS = {
    # What Tiller looks at first.
    "a Tiller that is newer": Condition(metadata=(("tillerVersion", ">=2.18.0"),), installs=False),
    "a Tiller that is older": Condition(metadata=(("tillerVersion", "~2.14.0"),), installs=False),
    "no version of Tiller": Condition(metadata=(("tillerVersion", "new"),), installs=False),
    "this Tiller": Condition(metadata=(("tillerVersion", ">=2.16.0, <3.0.0"), ("kubeVersion", ">=1.20.0"))),
    "a range without a comma": Condition(metadata=(("tillerVersion", ">=2.16.0 <3.0.0"),), installs=False),
    "a number for a version of Tiller": Condition(metadata=(("tillerVersion", "2"),)),
    # One name.
    "a hook and an object": Condition((_hook("pre-install,pre-upgrade"),), installs=False),
    "a hook that is deleted first": Condition(
        (_hook("pre-install", "before-hook-creation"),), installs=False, after=True
    ),
    "a hook that is deleted at once": Condition((_hook("pre-install", "hook-succeeded"),)),
    "a hook after the object": Condition((_hook("post-install"),), installs=False, after=True),
    "a hook of the upgrade and an object": Condition((_hook("pre-upgrade"),), upgrades=False, after=False),
    "a hook for both": Condition((_hook("post-install,post-upgrade", name="-h"),), upgrades=False, after=True),
    "a hook for both that is deleted first": Condition(
        (_hook("pre-install,pre-upgrade", "before-hook-creation", "-h"),)
    ),
    "a hook twice": Condition((_hook("pre-install,post-install", name="-h"),), installs=False, after=True),
    "a hook for a delete": Condition((_hook("post-delete"),)),
    "a hook for definitions that is none": Condition((_hook("crd-install", name="-h"),), installs=False, after=True),
    "a hook in braces": Condition((_hook("pre-install,pre-upgrade", "hook-succeeded", "-h")[9:],), installs=False),
    "an object twice": Condition((OWN,), installs=False, after=True),
    "a new object twice": Condition((_item("-a"), _item("-a")), installs=False),
    # How Helm's builder reads.
    "an empty list": Condition(("apiVersion: v1\nkind: List\nitems: []\n",)),
    "a list of nothing": Condition(("apiVersion: v1\nkind: ConfigMapList\nitems:\n",)),
    "an empty list alone": Condition(("apiVersion: v1\nkind: List\nitems:\n",), installs=False, alone=True),
    "a list whose items have no type": Condition(
        ("apiVersion: v1\nkind: ConfigMapList\nitems:\n  - metadata: {name: '{{ .Release.Name }}-a'}\n",)
    ),
    "a list in a list": Condition(
        (f"apiVersion: v1\nkind: List\nitems:\n  - {{apiVersion: v1, kind: List, items: [{_item('-a')}]}}\n",),
        installs=False,
    ),
    "an empty namespace": Condition((_item("-a", metadata=", namespace: ''"),)),
    "a namespace of nothing": Condition((_item("-a", metadata=", namespace: "),)),
    "a namespace that is a number": Condition((_item("-a", metadata=", namespace: 1"),)),
    "a name that is a number": Condition(("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1}\n",), installs=False),
    "no apiVersion": Condition(("kind: ConfigMap\nmetadata: {name: a}\n",), installs=False),
    "metadata that are text": Condition(("apiVersion: v1\nkind: ConfigMap\nmetadata: ''\n",), installs=False),
    "a tag that is not known": Condition((_item("-a", ", data: {a: !!string yes, b: !text 1, c: !!str on}"),)),
    "a word that is a truth": Condition((_item("-a", ", data: {a: y}"),), installs=False),
    "a number that JSON has not": Condition((_item("-a", ", data: {a: .inf}"),), installs=False),
    "a port with a point": Condition((_item("-a", ", spec: {ports: [{port: 80.0}]}", "Service"),)),
    "a hook that is no word": Condition((_item("-a", metadata=", annotations: {helm.sh/hook: 1}"),)),
    # What the API server says.
    "an annotation that is a truth": Condition((_item("-a", metadata=", annotations: {a: true}"),), installs=False),
    "an annotation of nothing": Condition((_item("-a", metadata=", annotations: {a: }"),)),
    "a label that is a number": Condition((_item("-a", metadata=", labels: {a: 1}"),), installs=False),
    "a label that cannot be": Condition((_item("-a", metadata=", labels: {a: 'b c'}"),), installs=False),
    "a name that cannot be": Condition((_item("_A"),), installs=False),
    "data that are no text": Condition((_item("-a", ", data: {a: 1}"),), installs=False),
    "a Secret that is no base64": Condition((_item("-a", ", data: {a: sesame!}", "Secret"),), installs=False),
    "a Service without ports": Condition((_item("-a", ", spec: {selector: {a: b}}", "Service"),), installs=False),
    "a field that nobody knows": Condition((_item("-a", ", spec: {ports: [{port: 80}], other: 1}", "Service"),)),
    "a hook that the API server does not take": Condition(
        (_item("-a", ", data: {a: 1}", metadata=", annotations: {helm.sh/hook: 'pre-install,pre-upgrade'}"),),
        installs=False,
    ),
    "what is there already": Condition(
        (_item("-a").replace("{{ .Release.Name }}-a", "kube-root-ca.crt"),), installs=False
    ),
}


def _settings(data: str, more: str = "") -> str:
    return f"{OWN.replace('data: {a: b}', f'data: {data}')}{more}\n"


def _object(kind: str, api_version: str, spec: Any) -> str:
    """Return an object of the release's name."""
    named = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "{{ .Release.Name }}"}}
    return json.dumps({**named, "spec": spec})


def _service(*protocols: str) -> str:
    return _object(
        "Service", "v1", {"ports": [{"port": 53, "name": each, "protocol": each.upper()} for each in protocols]}
    )


def _deployment(*containers: Any, strategy: Any = None, **pod: Any) -> str:
    """Return a Deployment of no pods."""
    template = {
        "metadata": {"labels": {"app": "changed"}},
        "spec": {"containers": [{"name": "main", "image": "none", **each} for each in containers or ({},)], **pod},
    }
    selector = {"matchLabels": {"app": "changed"}}
    spec = {"replicas": 0, "selector": selector, "template": template, **({"strategy": strategy} if strategy else {})}
    return _object("Deployment", "apps/v1", spec)


def _mounting(volume: Any) -> str:
    mounts = [{"name": "v", "mountPath": "/v"}]
    return _deployment({"volumeMounts": mounts}, volumes=[{"name": "v", **volume}])


def _profile(*profile: str) -> Any:
    return {"seccompProfile": dict(zip(("type", "localhostProfile"), profile, strict=False))}


CHANGES = {
    "nothing": (_settings("{a: '1'}"), _settings("{a: '1'}"), True),
    "a value": (_settings("{a: '1'}"), _settings("{a: '2', b: '3'}"), True),
    "the form": (_settings("{a: '1'}"), _settings("{a: 1}"), False),
    "an immutable value": (_settings("{a: '1'}", "immutable: true"), _settings("{a: '2'}", "immutable: true"), False),
    "nothing of an immutable object": (*[_settings("{a: '1'}", "immutable: true")] * 2, True),
    # Lists that Tiller merges item by item.
    "a container that goes": (_deployment({}, {"name": "b"}), _deployment({}), True),
    "the name of a port": (
        *(_deployment({"ports": [{"containerPort": 80, "name": each}]}) for each in ("http", "web")),
        True,
    ),
    "a variable from elsewhere": (
        _deployment({"env": [{"name": "A", "value": "1"}]}),
        _deployment({"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}),
        True,
    ),
    "a volume of another kind": (_mounting({"emptyDir": {}}), _mounting({"configMap": {"name": "c"}}), True),
    "the first of two protocols of a port goes": (_service("udp", "tcp"), _service("tcp"), False),
    "the last of two protocols of a port goes": (_service("udp", "tcp"), _service("udp"), True),
    "a strategy for another": (
        *(_deployment(strategy={"type": each}) for each in ("RollingUpdate", "Recreate")),
        True,
    ),
    "a strategy for none": (_deployment(), _deployment(strategy={"type": "Recreate"}), False),
    "a field that Helm 2 does not know": (
        _deployment(securityContext=_profile("RuntimeDefault")),
        _deployment(securityContext=_profile("Localhost", "a.json")),
        False,
    ),
    "a field that Helm 2 does not know goes": (
        _deployment(securityContext=_profile("RuntimeDefault")),
        _deployment(securityContext={}),
        True,
    ),
}


def chart_of(folder: Path, templates: tuple[str, ...], metadata: tuple[tuple[str, str], ...] = ()) -> Path:
    """Write a chart of templates, and of more of its Chart.yaml, into a new folder."""
    (folder / "templates").mkdir(parents=True)
    about = {"apiVersion": "v1", "name": "condition", "version": "1.0.0", **dict(metadata)}
    (folder / "Chart.yaml").write_text(yaml.safe_dump(about))
    for number, text in enumerate(templates):
        (folder / "templates" / f"t{number}.yaml").write_text(text)
    return folder
