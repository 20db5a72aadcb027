"""Runs the scanners, each without a network and without the user's settings, and reads what they say."""

import itertools
import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.toolchain.pins import KUBERNETES
from tests.scanners.manifests import Manifest

MINOR = ".".join(KUBERNETES.removeprefix("v").split(".")[:2])
"""The Kubernetes of the testbed, as the scanners take it."""

OPTIONAL_TESTS = ("container-seccomp-profile", "container-ports-check")
"""Tests of kube-score that are off by default. The others of these want requests that equal limits: an idle Tiller
would reserve what the largest chart takes."""

GRADES = {1: "critical", 5: "warning", 7: "almost-ok", 10: ""}
"""The grades of kube-score; the last finds nothing to better (kube-score 1.20, scorecard/scorecard.go)."""


class ScannerError(Exception):
    """A scanner did not do its work; the text is what it said."""


@dataclass(frozen=True, order=True)
class Finding:
    """The finding of a check about an object.

    Attributes:
        check: the scanner's identifier; a failure of kube-score has its grade besides (`pod-networkpolicy:warning`);
            a failure of the schema is the field and what is wrong with it.
        object: kind, namespace and name: `Deployment red-tiller/tiller-deploy`; of the schema, `deployment/name`.
    """

    check: str
    object: str


@dataclass(frozen=True)
class Report:
    """The results of a scanner; checks that do not apply are in neither list."""

    passed: tuple[Finding, ...]
    failed: tuple[Finding, ...]

    @property
    def failed_checks(self) -> set[str]:
        """The identifiers of the checks that anything failed."""
        return {finding.check for finding in self.failed}


@dataclass(frozen=True)
class Scanners:
    """The scanners.

    Attributes:
        python: the folder of those that are written in Python.
        go: the folder of those that are written in Go.
        folder: where manifests are written; also the scanners' home, so that no settings of the user are found.
    """

    python: Path
    go: Path
    folder: Path

    def checkov(self, manifests: list[Manifest]) -> Report:
        """Scan with checkov's checks for Kubernetes; one that an annotation of an object skips has failed."""
        # Without --skip-download it calls its maker's platform, and asks PyPI for a newer version.
        options = ("--framework=kubernetes", "--skip-download", "--compact", "--output=json")
        said = json.loads(self._run(self.python / "checkov", *options, "--file", self._write(manifests)))
        if "results" not in said or said["results"]["parsing_errors"]:
            raise ScannerError(f"checkov did not read the manifests: {said}")
        checks = (said["results"][f"{result}_checks"] for result in ("passed", "failed", "skipped"))
        return _sorted(_of_checkov(itertools.chain(*checks)))

    def kube_score(self, manifests: list[Manifest]) -> Report:
        """Scan with kube-score; whatever it would have better has failed, also what it only warns of."""
        options = [f"--kubernetes-version=v{MINOR}", "--output-format=json", "--disable-ignore-checks-annotations"]
        options += [f"--enable-optional-test={test}" for test in OPTIONAL_TESTS]
        said = self._run(self.go / "kube-score", "score", *options, self._write(manifests))
        return _sorted(_of_kube_score(json.loads(said) or []))

    def schema(self, manifests: list[Manifest]) -> Report:
        """Validate by the strict schemas of Kubernetes: an unknown field is an error, and so is an unknown kind."""
        options = (f"--kubernetes-version={MINOR}", "--strict")
        said = self._run(self.python / "kubernetes-validate", *options, self._write(manifests))
        return _sorted(_of_schema(line) for line in said.splitlines())

    def _write(self, manifests: list[Manifest]) -> Path:
        file = self.folder / "manifests.yaml"
        file.write_text(yaml.dump_all(manifests, Dumper=_WithoutAliases))
        return file

    def _run(self, *command: str | Path) -> str:
        # In a network namespace with nothing in it a scanner that wants the network says so, on standard error.
        done = subprocess.run(
            ["unshare", "--net", *command],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode not in (0, 1) or done.stderr:  # 1: something was found
            raise ScannerError(f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


class _WithoutAliases(yaml.SafeDumper):
    """Writes what stands in two places twice, as a person would."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


Judged = tuple[bool, Finding]
"""Whether it passed, and what did."""


def _sorted(judged: Iterable[Judged]) -> Report:
    every = list(judged)
    return Report(
        passed=tuple(finding for passed, finding in every if passed),
        failed=tuple(finding for passed, finding in every if not passed),
    )


def _of_checkov(checks: Iterable[dict[str, Any]]) -> Iterator[Judged]:
    for check in checks:
        kind, namespace, name = check["resource"].split(".", 2)
        yield check["check_result"]["result"] == "PASSED", Finding(check["check_id"], f"{kind} {namespace}/{name}")


def _of_kube_score(objects: list[dict[str, Any]]) -> Iterator[Judged]:
    for scored in objects:
        metadata = scored["object_meta"]
        place = f"{scored['type_meta']['kind']} {metadata['namespace']}/{metadata['name']}"
        for check in scored["checks"]:
            if not check["skipped"]:
                found = GRADES[check["grade"]]
                yield not found, Finding(check["check"]["id"] + (f":{found}" if found else ""), place)


# What kubernetes-validate prints, a line an object (1.37, kubernetes_validate/utils.py, validate_resource).
_PASSED = re.compile(rf"INFO \S+ passed for resource (\S+) against version {re.escape(MINOR)}")
_FAILED = re.compile(rf"ERROR \S+ did not validate for resource (\S+) against version {re.escape(MINOR)}: (.*)")
_UNKNOWN = re.compile(r"WARN \S+ Couldn't find schema for kind (\S+) with api version (\S+) .*")


def _of_schema(line: str) -> Judged:
    if passed := _PASSED.fullmatch(line):
        return True, Finding("valid", passed[1])
    if failed := _FAILED.fullmatch(line):
        return False, Finding(failed[2], failed[1])
    if unknown := _UNKNOWN.fullmatch(line):
        return False, Finding(f"no such API version: {unknown[2]}", unknown[1].lower())
    raise ScannerError(f"kubernetes-validate: {line}")
