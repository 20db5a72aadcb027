"""A stand-in for the engine that records what a program registers, as it arrives there.

What it cannot prove: that a real provider takes the inputs, and that additional secret outputs are secret.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pulumi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pulumi.output import Unknown
from pulumi.runtime import resource, rpc
from pulumi.runtime.mocks import MockCallArgs, MockEngine, MockMonitor, MockResourceArgs, Mocks, MockSettings
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import SETTINGS

from tests.support import pki

SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
USES = {"client_auth": pki.CLIENT_AUTH, "server_auth": pki.SERVER_AUTH}


@dataclass(frozen=True)
class Registered:
    """A resource as the engine sees it."""

    type: str
    name: str
    inputs: dict[str, Any]
    """With secrets still wrapped."""
    state: dict[str, Any]
    """The outputs of the provider, without the marks of secrets."""
    parent: str
    depends_on: frozenset[str]
    """URNs, whether by reference or by `depends_on`."""
    retain_on_delete: bool
    protect: bool
    provider: str
    aliases: tuple[str, ...]
    """Names under which the engine may know it from before."""
    timeouts: tuple[str, str]
    """How long it may take to create and to update; empty: the provider's default."""
    version: str
    """The provider's, for the default provider."""
    secret_outputs: frozenset[str]
    """Further outputs that the engine keeps secret."""
    plugin_url: str
    """Where the engine downloads the provider; empty: where it always does."""
    replaced: tuple[bool, frozenset[str]]
    """Whether a replacement deletes the old one first, and the properties whose change replaces it."""


@dataclass
class Recording:
    """Everything that a program registered."""

    resources: list[Registered] = field(default_factory=list)
    """A parent stands before its children; what else came first is chance."""
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By URN, what a component or the stack gave as its outputs."""

    def one(self, kind: str, name: str) -> Registered:
        """Return the only resource of a type, given by its last word, and name."""
        (found,) = [r for r in self.resources if r.type.endswith(f":{kind}") and r.name == name]
        return found

    def key(self, name: str) -> str:
        """Return the PEM of a private key."""
        return str(self.one("PrivateKey", name).state["privateKeyPem"])

    def certificate(self, name: str) -> str:
        """Return the PEM of a certificate, self-signed or signed by a CA."""
        (found,) = [r for r in self.resources if r.name == name and "certPem" in r.state]
        return str(found.state["certPem"])

    def outputs_of(self, kind: str) -> dict[str, Any]:
        """Return what the only component of a type gave as its outputs; `Stack` for what is exported."""
        (outputs,) = [values for urn, values in self.outputs.items() if f":{kind}::" in urn]
        return outputs


class Providers(Mocks):
    """Stand-ins of the providers that compute outputs of the same form; certificates are real ones."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(f"nothing may be looked up: {args.token}")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = revealed(args.inputs)
        return f"{args.name}-id", {**args.inputs, **_computed(args.name, args.typ.rsplit(":", 1)[-1], inputs)}


def _computed(name: str, kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    if any(isinstance(value, Unknown) for value in inputs.values()):
        return {}  # a preview knows no more
    match kind:
        case "PrivateKey":
            key = pki.new_key()
            return {"privateKeyPem": pulumi.Output.secret(pki.key_pem(key)), "publicKeyPem": pki.public_pem(key)}
        case "CertRequest":
            subject = inputs["subject"]
            own = _key(inputs["privateKeyPem"])
            return {"certRequestPem": pki.request(subject["commonName"], key=own, organization=subject["organization"])}
        case "SelfSignedCert":
            life = pki.Life.of(inputs["validityPeriodHours"])
            own = _key(inputs["privateKeyPem"])
            return {"certPem": pki.authority(inputs["subject"]["commonName"], key=own, life=life).pem}
        case "LocallySignedCert":
            certificate = x509.load_pem_x509_certificate(inputs["caCertPem"].encode())
            issuer = pki.Pair(certificate, _key(inputs["caPrivateKeyPem"]))
            uses = [USES[use] for use in inputs["allowedUses"] if use in USES]
            return {"certPem": pki.issue(inputs["certRequestPem"], issuer, inputs["validityPeriodHours"], uses)}
        case _ if "metadata" in inputs:
            return {"metadata": {"name": f"{name}-0a1b2c3d", **inputs["metadata"]}}
        case _:
            return {}


def _key(pem: str) -> pki.Key:
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, pki.Key)
    return key


class Recorder(MockMonitor):
    """The mock monitor, which also keeps the options and the outputs of the requests."""

    def __init__(self) -> None:
        super().__init__(Providers())
        self.recording = Recording()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  a method of the engine's protocol
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self.recording.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                    state=revealed(rpc.deserialize_properties(response.object)),
                    parent=request.parent,
                    depends_on=frozenset(request.dependencies),
                    retain_on_delete=request.retainOnDelete,
                    protect=request.protect,
                    provider=request.provider,
                    aliases=tuple(alias.spec.name for alias in request.aliases),
                    timeouts=(request.customTimeouts.create, request.customTimeouts.update),
                    version=request.version,
                    secret_outputs=frozenset(request.additionalSecretOutputs),
                    plugin_url=request.pluginDownloadURL,
                    replaced=(request.deleteBeforeReplace, frozenset(request.replaceOnChanges)),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802  the same
        self.recording.outputs[request.urn] = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def run(program: Callable[[], object], *, preview: bool = False) -> Recording:
    """Run a program as the engine's executor does, in an event loop of its own, against the recorder."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.reset_options()
    recorder = Recorder()
    settings: Any = MockSettings  # untyped in the SDK, as is the monitor
    pulumi.runtime.configure(
        settings(
            monitor=recorder,
            engine=MockEngine(None),
            project="secure-tiller",
            stack="test",
            dry_run=preview,
            organization="organization",
        )
    )

    def program_alone() -> None:
        program()

    with mock.patch.object(resource, "_get_stack_trace", source_pb2.StackTrace):  # slow, and nothing here reads it
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(program_alone))
        finally:
            _end(loop)
    return recorder.recording


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """End what a program that failed left behind: it must not reach into the next one, nor speak after the tests."""
    loop.set_exception_handler(lambda _loop, _context: None)
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    SETTINGS.outputs.clear()


def unknown() -> pulumi.Output[Any]:
    """Return an output that a preview does not know."""

    def settled(value: object) -> asyncio.Future[Any]:
        future = asyncio.get_event_loop().create_future()
        future.set_result(value)
        return future

    return pulumi.Output(set(), settled(pulumi.UNKNOWN), settled(False))


def is_secret(value: Any) -> bool:
    """Return whether a value arrived marked as secret."""
    return isinstance(value, dict) and SECRET_SIGNATURE in value.values()


def revealed(value: Any) -> Any:
    """Return a value without the marks of its secrets."""
    if is_secret(value):
        return revealed(value["value"])
    if isinstance(value, dict):
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value
