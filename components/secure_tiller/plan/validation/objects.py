"""The rules for the labels and annotations of all objects."""

from collections.abc import Iterator

from secure_tiller.plan import names
from secure_tiller.plan.validation.settings import Check, Settings
from secure_tiller.problems import Problem

SELECTED = ("app", "name")
"""Labels by which the Helm client finds Tiller's pod."""

RESERVED = ("secure-tiller", "app.kubernetes.io/managed-by")
"""Our labels and annotations; another value would undo the promise that each makes."""

RECOMMENDED = "app.kubernetes.io"
"""Labels that Kubernetes recommends to its users, unlike others of its domains (documentation, Recommended Labels)."""

AWAITED = "pulumi.com"
"""Annotations that tell the Kubernetes provider how to wait: without waiting, a client would be said to be revoked
while it still is not."""


def is_reserved(key: str) -> bool:
    """Return whether no settings may give an object this label or annotation."""
    prefix = key.partition("/")[0] if "/" in key else ""
    of_kubernetes = any(prefix == domain or prefix.endswith(f".{domain}") for domain in ("kubernetes.io", "k8s.io"))
    return key in RESERVED or prefix in RESERVED or prefix == AWAITED or (of_kubernetes and prefix != RECOMMENDED)


def labels_are_labels(s: Settings) -> Iterator[Problem]:
    for key, value in s.args.get("labels", {}).items():
        if not names.is_label_key(key) or not names.is_label_value(value):
            yield s.problem(f"labels.{key}", value, names.LABEL_PAIR_RULE, "correct it")


def annotations_have_keys(s: Settings) -> Iterator[Problem]:
    for key in s.args.get("annotations", {}):
        if not names.is_label_key(key):
            yield s.problem("annotations", key, names.LABEL_PAIR_RULE, "correct the key")


def nothing_reserved_is_set(s: Settings) -> Iterator[Problem]:
    for where, keys in (("labels", s.args.get("labels", {})), ("annotations", s.args.get("annotations", {}))):
        for key in keys:
            if is_reserved(key) or (where == "labels" and key in SELECTED):
                why = "is kept for secure-tiller, Helm, Kubernetes or Pulumi, which rely on what it says"
                yield s.problem(where, key, why, "choose another key")


CHECKS: tuple[Check, ...] = (labels_are_labels, annotations_have_keys, nothing_reserved_is_set)
