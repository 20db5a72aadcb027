"""The settings can be read by Pulumi's component analyzer, so that other languages can use the component."""

from pulumi.provider.experimental.analyzer import Analyzer

from secure_tiller import SecureTiller

ANALYZED = Analyzer("secure-tiller").analyze([SecureTiller])
COMPONENT = ANALYZED["component_definitions"]["SecureTiller"]


def test_the_analyzer_finds_every_input_and_which_are_required() -> None:
    assert {name: wanted.optional for name, wanted in COMPONENT.inputs.items()} == {
        "namespaces": False,
        "clients": False,
        "namespace": True,
        "subjects": True,
    }


def test_the_analyzer_finds_every_output() -> None:
    assert set(COMPONENT.outputs) == {"namespace", "serviceAccount", "caCertificate", "expirations", "bundles"}


def test_every_input_and_output_is_described() -> None:
    described = [*COMPONENT.inputs.values(), *COMPONENT.outputs.values()]
    for definition in ANALYZED["type_definitions"].values():
        described += definition.properties.values()
    assert len(described) > 15
    assert all(one.description for one in described)


def test_every_optional_input_states_its_default() -> None:
    properties = [COMPONENT.inputs, *(t.properties for t in ANALYZED["type_definitions"].values())]
    optional = [one for group in properties for one in group.values() if one.optional]
    undocumented = [one.description for one in optional if "Default:" not in (one.description or "")]
    assert undocumented == []
