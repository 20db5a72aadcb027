"""The environment and the command line that Kubernetes computes from a container's description.

Source: Kubernetes 1.36, third_party/forked/golang/expansion and pkg/kubelet/kuberuntime.
"""

from collections.abc import Mapping

from tests.support.cluster_objects import BLUE, Object

ENTRY_POINT = ("/tiller",)
"""Of Tiller's image (Helm 2.17, Dockerfile)."""

FROM_ELSEWHERE = "true"
"""Stands in place of a value that a container takes from a Secret."""


def environment(container: Object) -> dict[str, str]:
    """Return the variables of a container; a value may name variables before it."""
    found: dict[str, str] = {}
    for one in container.get("env") or ():
        source = one.get("valueFrom")
        value = expanded(one.get("value") or "", found)
        found[one["name"]] = value if not source else BLUE if "fieldRef" in source else FROM_ELSEWHERE
    return found


def words(container: Object, variables: Mapping[str, str]) -> list[str]:
    """Return the command line of a container."""
    command = container.get("command") or ENTRY_POINT
    return [expanded(word, variables) for word in (*command, *(container.get("args") or ()))]


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its references `$(NAME)`; one to no variable stays, and `$$` is `$`."""
    found, rest = "", text
    while rest:
        before, dollar, rest = rest.partition("$")
        found += before
        name, closed, after = rest[1:].partition(")")
        if rest.startswith("$"):
            found, rest = f"{found}$", rest[1:]
        elif rest.startswith("(") and closed:
            found, rest = found + variables.get(name, f"$({name})"), after
        else:
            found += dollar
    return found
