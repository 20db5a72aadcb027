"""Clients come and go, and nobody else notices."""

import json
import re

from cryptography import x509

from secure_tiller_cli.diagnosis import Accepted, Credentials, Refused
from testbed.toolchain.pins import HELM
from tests.cluster.conftest import Story


def _serial(bundle: Credentials) -> int:
    return x509.load_pem_x509_certificate(bundle.cert.encode()).serial_number


def test_a_client_that_joins_touches_its_own_resources_and_what_tiller_trusts(story: Story) -> None:
    steps = json.loads(story.joining)["steps"]
    changed = [step["urn"] for step in steps if step["op"] != "same"]
    touched = {urn.rsplit("::", 1)[-1] for urn in changed if "pulumi:pulumi:Stack" not in urn}  # whose outputs change
    trusting = {f"{story.team}-tls", f"{story.team}-deployment"}
    own = {f"{story.team}-client:bot", f"{story.team}-client-ca:bot"}
    assert touched == trusting | own


def test_a_client_that_leaves_is_refused_by_tls(story: Story) -> None:
    answer = story.answers["ann", "after"]
    assert isinstance(answer, Refused)
    assert re.search(r"certificate|closed after the handshake", answer.reason)


def test_control_the_client_was_answered_before_it_left(story: Story) -> None:
    assert story.answers["ann", "before"] == Accepted(HELM)


def test_the_others_keep_their_certificates_and_are_answered(story: Story) -> None:
    assert story.answers["bot", "before"] == story.answers["bot", "after"] == Accepted(HELM)
    assert story.left is not None
    assert _serial(story.left) == _serial(story.bundles["bot"])
    assert _serial(story.left) != _serial(story.bundles["ann"])
