"""The names of certificate authorities."""

from secure_tiller.certificates import opaque_name


def test_the_name_of_a_ca_depends_on_its_key_alone() -> None:
    assert opaque_name("a key") == opaque_name("a key") != opaque_name("another key")


def test_the_name_of_a_ca_is_hexadecimal_and_fits_a_common_name() -> None:
    assert len(opaque_name("a key")) == 32
    assert int(opaque_name("a key"), 16)
