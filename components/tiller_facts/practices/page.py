"""The page that describes the practices: `python -m tiller_facts.practices.page` prints it."""

from collections.abc import Iterator

from tiller_facts.practices.catalogue import PRACTICES
from tiller_facts.practices.model import Practice
from tiller_facts.severity import Severity

HEAD = """# Practices

What makes a Tiller safe, and what is found where it is not. The [policy pack](policies.md), the [audit](audit.md), the
report and the preview summary judge by these practices, under these codes. The preview summary reports those of
severity `medium` and higher. `make practices` writes this page from the catalogue in
[`components/tiller_facts/practices`](../components/tiller_facts/practices).

*guide*: the number in "Best Practices for Securing Helm and Tiller" of the Helm project's [Securing your Helm
Installation](https://v2.helm.sh/docs/securing_installation/). *severity*: of a finding, unless it says otherwise:
"""

SEVERITIES = {
    Severity.CRITICAL: "somebody whom nobody chose can use Tiller's rights or read its Secrets, or Tiller has every "
    "right in the cluster or can gain it",
    Severity.HIGH: "somebody reads or changes what is not theirs, once another protection fails",
    Severity.MEDIUM: "a protection is missing that others stand in for, or other teams are disturbed",
    Severity.LOW: "worth repairing; by itself it opens nothing",
}


def page() -> str:
    """Return the page, in Markdown."""
    return "\n".join([HEAD, *_severities(), "", *_table(), *(line for one in PRACTICES for line in _section(one))])


def _severities() -> Iterator[str]:
    for severity, words in SEVERITIES.items():
        yield f"- `{severity}`: {words}{'.' if severity is Severity.LOW else ';'}"


def _table() -> Iterator[str]:
    yield "| practice | severity | guide | in short |"
    yield "|---|---|---|---|"
    for one in PRACTICES:
        yield f"| [`{one.code}`](#{one.code}) | {one.severity} | {one.guide or 'beyond'} | {one.title} |"


def _section(practice: Practice) -> Iterator[str]:
    yield from ("", f"## {practice.code}", "", f"{practice.title}.", "", practice.why, "", "Findings:", "")
    yield from (f"- `{code}`: {words}" for code, words in practice.findings.items())
    yield from ("", f"Remedy: {practice.remedy}.")


if __name__ == "__main__":
    print(page())
