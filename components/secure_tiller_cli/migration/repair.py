"""The commands that repair or remove records in which Helm 2 keeps releases; nothing goes before it is saved."""

from collections.abc import Sequence

from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.releases import Kind, Unreadable


def save(into: str, read: str) -> str:
    """Return the command that saves what another one prints, for its owner alone, and never over a file.

    Args:
        into: the name of the file.
        read: the command.
    """
    return f"(umask 077 && set -C && {read} > {word(into)})"


def delete(kind: Kind, namespace: str, names: Sequence[str]) -> str:
    """Return the commands that save records, and then delete them."""
    named = f"{kind.plural} --namespace {word(namespace)} {' '.join(map(word, names))}"
    saved = save(f"{namespace}-{names[0]}.yaml", f"kubectl get {named} --output yaml")
    return f"{saved} && kubectl delete {named}"


def remedy(item: Unreadable) -> str:
    """Return how a record that cannot be relied on is repaired, or else removed."""
    if item.contradicted:
        labels = " ".join(word(f"{key}={value}") for key, value in item.contradicted.items())
        place = f"--namespace {word(item.namespace)}"
        return f"repair its labels: kubectl label --overwrite {item.kind} {place} {word(item.name)} {labels}"
    return f"if its release can do without it: {delete(item.kind, item.namespace, [item.name])}"
