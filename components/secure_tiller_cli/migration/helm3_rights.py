"""The rights of people who take over from their Tiller: Helm 3 acts with the rights of whoever runs it."""

import json

from secure_tiller.plan.rights import STORAGE
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.state import DeployedTiller
from tiller_facts.rbac import Rule

NAME = "helm3"
"""The name of the Role."""


def role(tiller: DeployedTiller, namespace: str) -> str:
    """Return the command that makes a Role in a managed namespace: Tiller's rights there, and those to store releases.

    Helm 3 keeps its releases in Secrets by the same calls as Tiller (Helm 3, pkg/storage/driver/secrets.go).
    """
    managed = (role for role in tiller.roles if role.namespace == namespace and role.part.startswith("manage:"))
    rules = (rule for role in managed for rule in (*role.rules, *STORAGE))
    lines = [
        f"kubectl apply --namespace {word(namespace)} --filename - <<'END'",
        "apiVersion: rbac.authorization.k8s.io/v1",
        "kind: Role",
        f"metadata: {{name: {NAME}}}",
        "rules:",
        *(f"- {_in_one_line(rule)}" for rule in rules),
        "END",
    ]
    return "\n".join(lines)


def subjects(tiller: DeployedTiller) -> tuple[str, ...]:
    """Return the subjects that may reach Tiller, as options of `kubectl create rolebinding`."""
    found = []
    for subject in tiller.people.subjects if tiller.people else ():
        if subject.kind == "ServiceAccount":
            found.append(f"--serviceaccount={word(f'{subject.namespace}:{subject.name}')}")
        else:
            found.append(f"--{subject.kind.lower()}={word(subject.name)}")
    return tuple(found)


def _in_one_line(rule: Rule) -> str:
    """Return a rule as JSON, which YAML takes."""
    parts = {"apiGroups": rule.api_groups, "resources": rule.resources, "verbs": rule.verbs}
    return json.dumps(parts | ({"resourceNames": rule.resource_names} if rule.resource_names else {}))
