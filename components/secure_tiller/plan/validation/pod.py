"""The rules for the settings of Tiller's pod, and of who may connect to it inside the cluster."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from secure_tiller.plan import durations, names
from secure_tiller.plan.pod import DEFAULT_LIMITS, DEFAULT_REQUESTS, HISTORY_MAX
from secure_tiller.plan.validation.settings import Check, Settings
from secure_tiller.problems import Problem
from tiller_facts import quantities, versions

HISTORY = range(1, 1001)
TOLERATED_SECONDS = range(2**31)
ROLLOUT_SECONDS = range(10, 3601)
RESOURCES = ("cpu", "memory", "ephemeral-storage")
OPERATORS = ("Exists", "Equal")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

# The grammar of an image reference (distribution/reference), without what nobody writes.
_IMAGE = re.compile(
    r"(?P<repository>[a-z0-9][a-zA-Z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*)"
    r"(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
_TAG = re.compile(r"v?\d+\.\d+\.\d+([-_.].*)?", re.ASCII)


def image_is_a_helm_2_that_is_safe(s: Settings) -> Iterator[Problem]:
    if "image" not in s.pod:
        return
    image = s.pod["image"]
    match = _IMAGE.fullmatch(image)
    remedy = (
        "write ghcr.io/helm/tiller:v2.17.0, of your registry if it is a mirror, and @sha256:<digest> when you know it"
    )
    if not match or not (match["tag"] or match["digest"]):
        yield s.problem("pod.image", image, "must be a repository with a tag, a digest (@sha256:...) or both", remedy)
    elif match["tag"] and not (_TAG.fullmatch(match["tag"]) and _is_served(image)):
        oldest = versions.words(versions.OLDEST)
        flaws = "older ones have known flaws (CVE-2020-15184 to 15187)"
        why = f"must say {oldest} or newer of Helm 2, and no pre-release: {flaws}"
        yield s.problem("pod.image", image, why, remedy)


def _is_served(image: str) -> bool:
    version = versions.of_image(image)
    return version is not None and version >= versions.OLDEST


def history_is_limited(s: Settings) -> Iterator[Problem]:
    if (kept := s.pod.get("history_max", HISTORY_MAX)) not in HISTORY:
        why = "must be from 1 to 1000: 0 keeps every revision, until listing them exhausts Tiller's memory"
        yield s.problem("pod.history_max", kept, why, "leave it out for 20")


def resources_are_quantities(s: Settings) -> Iterator[Problem]:
    for kind, named in s.pod.get("resources", {}).items():
        for name, quantity in _items(named):
            key = f"pod.resources.{kind}.{name}"
            if name not in RESOURCES:
                yield s.problem(key, quantity, f"must be one of {', '.join(RESOURCES)}", "remove it")
            elif _amount(quantity) is None:
                why = "must be a quantity above 0 (Kubernetes documentation, Quantity)"
                yield s.problem(key, quantity, why, "write 250m, 1 or 512Mi")


def requests_fit_into_limits(s: Settings) -> Iterator[Problem]:
    resources = s.pod.get("resources", {})
    requests = {**DEFAULT_REQUESTS, **resources.get("requests", {})}
    limits = {**DEFAULT_LIMITS, **resources.get("limits", {})}
    for name in RESOURCES:
        request, limit = _amount(requests[name]), _amount(limits[name])
        if request is not None and limit is not None and request > limit:
            why = f"is more than the limit, {limits[name]}"
            yield s.problem(
                f"pod.resources.requests.{name}", requests[name], why, "raise the limit or lower the request"
            )


def node_selector_can_match(s: Settings) -> Iterator[Problem]:
    for label, value in s.pod.get("node_selector", {}).items():
        if not names.is_label_key(label) or not names.is_label_value(value):
            yield s.problem(f"pod.node_selector.{label}", value, names.LABEL_PAIR_RULE, "correct it")


def tolerations_can_match(s: Settings) -> Iterator[Problem]:
    for i, toleration in enumerate(s.pod.get("tolerations", ())):
        at, operator = f"pod.tolerations[{i}]", toleration.get("operator", "Equal")
        if operator not in OPERATORS:
            yield s.problem(f"{at}.operator", operator, f"must be one of {', '.join(OPERATORS)}", "correct it")
        if toleration.get("effect", "NoExecute") not in EFFECTS:
            yield s.problem(f"{at}.effect", toleration["effect"], f"must be one of {', '.join(EFFECTS)}", "correct it")
        if operator == "Equal" and "key" not in toleration:
            yield s.problem(at, toleration, "needs a `key`, unless its operator is Exists", "add the key")
        if operator == "Exists" and "value" in toleration:
            yield s.problem(f"{at}.value", toleration["value"], "has no effect with the operator Exists", "remove it")
        if not names.is_label_key(toleration.get("key", "any")) or not names.is_label_value(
            toleration.get("value", "")
        ):
            yield s.problem(at, toleration, names.LABEL_PAIR_RULE, "correct it")
        if toleration.get("toleration_seconds", 0) not in TOLERATED_SECONDS:
            seconds = toleration.get("toleration_seconds")
            yield s.problem(f"{at}.toleration_seconds", seconds, "must be 0 or above, in seconds", "correct it")
        if "toleration_seconds" in toleration and toleration.get("effect") != "NoExecute":
            why = "has an effect with `effect: NoExecute` alone"
            yield s.problem(f"{at}.toleration_seconds", toleration["toleration_seconds"], why, "remove it")


def priority_class_can_exist(s: Settings) -> Iterator[Problem]:
    name = s.pod.get("priority_class")
    if name is not None and not names.is_subdomain(name):
        yield s.problem("pod.priority_class", name, names.SUBDOMAIN_RULE, "correct the name")


def rollout_timeout_is_a_time(s: Settings) -> Iterator[Problem]:
    if "rollout_timeout" in s.pod:
        text = s.pod["rollout_timeout"]
        if durations.read(text, durations.SECONDS) not in ROLLOUT_SECONDS:
            why = "must be whole seconds, minutes or hours from 10s to 1h"
            yield s.problem("pod.rollout_timeout", text, why, "write 90s or 5m")


def exposed_to_somebody(s: Settings) -> Iterator[Problem]:
    if "expose" not in s.args:
        return
    if s.args["expose"] != "cluster":
        yield s.problem("expose", s.args["expose"], "can be the word cluster only", "leave it out: not exposed")
    elif s.clients and not s.secrets:
        why = "admits pods of the namespaces in which clients have their `secret`, and no client has one"
        yield s.problem("expose", "cluster", why, "give a client a `secret`, or remove it")


def _items(named: object) -> Iterator[tuple[str, str]]:
    if isinstance(named, Mapping):
        yield from named.items()


def _amount(quantity: str) -> Decimal | None:
    amount = quantities.parse(quantity)
    return amount if amount and amount > 0 else None


CHECKS: tuple[Check, ...] = (
    image_is_a_helm_2_that_is_safe,
    history_is_limited,
    resources_are_quantities,
    requests_fit_into_limits,
    node_selector_can_match,
    tolerations_can_match,
    priority_class_can_exist,
    rollout_timeout_is_a_time,
    exposed_to_somebody,
)
