"""A stand-in for the engine that records what a program registers, as it arrives there.

What it cannot prove: that a real provider takes the inputs, and that additional secret outputs are secret.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockEngine, MockMonitor, MockResourceArgs, Mocks, MockSettings

SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"
KEY = "-----BEGIN EC PRIVATE KEY-----\nkey of {}\n-----END EC PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\ncertificate of {}\n-----END CERTIFICATE-----\n"
ENDS = "2031-01-01T00:00:00Z"


@dataclass(frozen=True)
class Registered:
    """A resource as the engine sees it."""

    type: str
    name: str
    inputs: dict[str, Any]
    """With secrets still wrapped."""
    parent: str
    depends_on: frozenset[str]
    """URNs, whether by reference or by `depends_on`."""
    retain_on_delete: bool
    provider: str


@dataclass
class Recording:
    """Everything that a program registered."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By URN, what a component or the stack gave as its outputs."""

    def one(self, kind: str, name: str) -> Registered:
        """Return the only resource of a type, given by its last word, and name."""
        (found,) = [r for r in self.resources if r.type.endswith(f":{kind}") and r.name == name]
        return found


class Providers(Mocks):
    """What the providers would compute, in the form in which they would."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], None]:
        raise AssertionError(f"nothing may be looked up: {args.token}")

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        computed: dict[str, Any] = {}
        match args.typ.rsplit(":", 1)[-1]:
            case "PrivateKey":
                key = pulumi.Output.secret(KEY.format(args.name))
                computed = {"privateKeyPem": key, "publicKeyPem": f"public key of {args.name}"}
            case "CertRequest":
                computed = {"certRequestPem": f"request of {args.name}"}
            case "SelfSignedCert" | "LocallySignedCert":
                computed = {"certPem": CERTIFICATE.format(args.name), "validityEndTime": ENDS}
        return f"{args.name}-id", {**args.inputs, **computed}


class Recorder(MockMonitor):
    """The mock monitor, which also keeps the options and the outputs of the requests."""

    def __init__(self) -> None:
        super().__init__(Providers())
        self.recording = Recording()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  a method of the engine's protocol
        if request.type != "pulumi:pulumi:Stack":
            self.recording.resources.append(
                Registered(
                    type=request.type,
                    name=request.name,
                    inputs=rpc.deserialize_properties(request.object, keep_unknowns=True),
                    parent=request.parent,
                    depends_on=frozenset(request.dependencies),
                    retain_on_delete=request.retainOnDelete,
                    provider=request.provider,
                )
            )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]

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

    loop.run_until_complete(pulumi.runtime.run_in_stack(program_alone))
    loop.close()
    return recorder.recording


def is_secret(value: Any) -> bool:
    """Tell whether a value arrived marked as secret."""
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
