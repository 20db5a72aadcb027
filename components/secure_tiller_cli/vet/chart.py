"""A chart, rendered and verified by the Helm 2 client."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from secure_tiller.problems import Problem, RefusedError
from secure_tiller_cli.charts import Concern, Discovery, Effect, Group
from secure_tiller_cli.charts.go_yaml import Loader
from secure_tiller_cli.foreign_text import word
from secure_tiller_cli.programs import Ended, run
from secure_tiller_stack.foreign_data import UnreadableError, yaml_value

HELM_SECONDS = 120.0
"""The longest run of Helm: a large chart renders in seconds."""

MISSING = "found in requirements.yaml, but missing in charts/"
"""Helm's error for a chart whose dependencies were not fetched (Helm 2.17, pkg/renderutil/deps.go)."""


SETTINGS = "failed parsing --set"
"""The words before a value that Helm quotes because it cannot read it (Helm 2.17, cmd/helm/install.go)."""


_VALUE = re.compile(r"(!!\w+ )`[^`]*`")
"""How Helm's YAML library quotes a value that does not match its tag."""


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""A chart's name that can be the name of a folder."""


class ChartError(RefusedError):
    """The chart cannot be rendered."""

    headline = "The chart is refused"


@dataclass(frozen=True)
class Values:
    """The user's values, as `helm install` takes them."""

    files: tuple[Path, ...] = ()
    """Of `--values`; a later file overrides an earlier one."""
    settings: tuple[str, ...] = ()
    """Of `--set`."""
    texts: tuple[str, ...] = ()
    """Of `--set-string`."""

    def arguments(self) -> Iterator[str]:
        """Yield the options for Helm."""
        yield from (f"--values={file}" for file in self.files)
        yield from (f"--set={setting}" for setting in self.settings)
        yield from (f"--set-string={text}" for text in self.texts)

    def given(self) -> Iterator[bytes]:
        """Yield the content of the files, and the settings. A release stores them in about the same size."""
        yield from (file.read_bytes() for file in self.files)
        yield from (text.encode() for text in (*self.settings, *self.texts))


@dataclass(frozen=True)
class Chart:
    """A chart on this machine."""

    path: Path
    """A folder, or a package: a `.tgz`."""

    def require(self) -> None:
        """Require that there is a chart, and Helm 2's client on PATH.

        Raises:
            ChartError: there is none.
        """
        if not self.path.exists():
            raise self._refused("there is no such folder or file", "give the path of a chart's folder or of its .tgz")
        done = _helm("version", "--client", "--short")
        if done.code or "v2." not in done.out:
            why = f"the helm on PATH is not Helm 2: {' '.join(done.out.split()) or _said(done)}"
            raise self._refused(
                why, "put Helm 2's client first on PATH: another version renders differently from Tiller"
            )

    def render(self, namespace: str, name: str, values: Values, discovery: Discovery, *, upgrade: bool = False) -> str:
        """Return the manifests, hooks included, as Tiller in this cluster would render them.

        Args:
            namespace: the release's.
            name: the release's; empty: Helm's stand-in.
            values: the user's.
            discovery: of the cluster: charts ask for its version and its kinds.
            upgrade: whether it is rendered for an upgrade.

        Raises:
            ChartError: it does not render; with Helm's error.
        """
        known = (f"--api-versions={version}" for version in discovery.capabilities)
        place = [
            f"--namespace={namespace}",
            *([f"--name={name}"] if name else ()),
            *(["--is-upgrade"] if upgrade else ()),
        ]
        done = _helm(
            "template", *place, *values.arguments(), f"--kube-version={discovery.release}", *known, "--", str(self.path)
        )
        if done.code:
            said = _said(done)
            remedy = "correct the chart, or the values that you gave"
            if MISSING in said:
                remedy = f"fetch them first: helm dependency build {word(str(self.path))}"
            raise self._refused(f"does not render: {said}", remedy)
        return done.out

    def demands(self, discovery: Discovery, tiller: str) -> Iterator[Concern]:
        """Yield a finding for each version that the chart requires and that Tiller or the cluster does not have.

        Tiller compares them, `helm template` does not (Helm 2.17, pkg/tiller/release_server.go, renderResources). The
        requirements of a subchart do not count.

        Args:
            discovery: of the cluster.
            tiller: the version of the team's Tiller; empty: it is unknown.

        Raises:
            ChartError: its Chart.yaml cannot be read.
        """
        metadata = self._metadata
        has = {
            "kubeVersion": ("Kubernetes", "the cluster", discovery.release),
            "tillerVersion": ("Tiller", "the team's", tiller),
        }
        for key, (what, whose, version) in has.items():
            wanted, remedy = str(metadata.get(key) or ""), f"change {key} in its Chart.yaml"
            if wanted and not version:
                text = f"not checked: requires {what} {wanted}, and the image of the team's Tiller names no version"
                yield Concern(Group.CANNOT_INSTALL, Effect.NOT_CHECKED, text, "see: helm version")
            elif wanted and not self._satisfies(wanted, version):
                text = f"requires {what} {wanted}, and {whose} is {version}: Tiller does not install it"
                yield Concern(Group.CANNOT_INSTALL, Effect.STOPS, text, remedy)

    def package(self, folder: Path) -> Path:
        """Return the chart as a package, without what its .helmignore leaves out.

        Args:
            folder: an empty one, for the package.

        Raises:
            ChartError: Helm makes none.
        """
        if not self.path.is_dir():
            return self.path
        name = str(self._metadata.get("name"))
        if not _NAME.fullmatch(name):
            raise self._refused("cannot be packaged: its name is no file name", "correct it in its Chart.yaml")
        link = folder / name  # Helm requires that the folder has the chart's name.
        link.symlink_to(self.path.absolute())
        done = _helm("package", "--save=false", f"--destination={folder}", "--", str(link))
        if done.code:
            raise self._refused(f"cannot be packaged: {_said(done)}", "correct it")
        return next(folder.glob("*.tgz"))

    @cached_property
    def _metadata(self) -> Mapping[str, Any]:
        done = _helm("inspect", "chart", "--", str(self.path))
        if done.code:
            raise self._refused(f"its Chart.yaml cannot be read: {_said(done)}", "correct it")
        try:
            metadata = yaml_value(done.out, Loader, first=True) or {}
        except UnreadableError as error:
            raise self._refused(f"its Chart.yaml {error}", "correct it") from error
        if not isinstance(metadata, Mapping):
            raise self._refused("its Chart.yaml is no map", "correct it")
        return metadata

    def _satisfies(self, wanted: str, release: str) -> bool:
        """Return whether a version is in a range. Helm itself decides, by rendering a chart of one template."""
        with tempfile.TemporaryDirectory() as folder:
            chart = Path(folder, "range")
            (chart / "templates").mkdir(parents=True)
            (chart / "Chart.yaml").write_text("apiVersion: v1\nname: range\nversion: 1.0.0\n")
            (chart / "values.yaml").write_text(json.dumps({"wanted": wanted, "release": release}))
            (chart / "templates" / "in.yaml").write_text("in: {{ semverCompare .Values.wanted .Values.release }}\n")
            done = _helm("template", str(chart))
        return done.code == 0 and "in: true" in done.out

    def provenance(self, keyring: Path | None) -> Concern | None:
        """Return the finding about the signature of the package; None: it verifies.

        Args:
            keyring: with the public keys of those who may sign; None: the signature is not checked.

        Raises:
            ChartError: there is no Helm.
        """
        if self.path.is_dir():
            text, remedy = "not verified: a folder carries no provenance", "vet the signed package (.tgz) instead"
            severity = Effect.NOT_CHECKED if keyring else Effect.NOTE
            return Concern(Group.PROVENANCE, severity, text, remedy)
        if not keyring:
            text, remedy = "not verified: no keyring was given", "give the signers' public keys with --keyring"
            return Concern(Group.PROVENANCE, Effect.NOTE, text, remedy)
        done = _helm("verify", f"--keyring={keyring}", "--", str(self.path))
        if not done.code:
            return None
        remedy = "get the package and its .prov again from whoever signs it; a keyring is what gpg --export writes"
        return Concern(Group.PROVENANCE, Effect.STOPS, f"does not verify: {_said(done)}", remedy)

    def _refused(self, why: str, remedy: str) -> ChartError:
        return ChartError([Problem("", f"chart {self.path}", "", why, remedy)])


def _helm(*arguments: str) -> Ended:
    return run(["helm", *arguments], seconds=HELM_SECONDS)


def _said(done: Ended) -> str:
    """Return Helm's error on one line."""
    text = " ".join(done.err.split()).rpartition("Error: ")[2]
    before, settings, _ = text.partition(SETTINGS)
    if settings:
        return f"{before}{settings} (not shown: a value can be a secret)"
    text = _VALUE.sub(r"\1(a value, not shown)", text)
    return text or f"helm ended with exit code {done.code}"
