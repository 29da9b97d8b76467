"""Claim codes survive whoever types them, and name what they were made of."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.enrolment import ClaimCode, address_of, identity_of, read_code
from edge.wire.topics import Address

GOLDEN: Final = "000G4-0R40M-30E20-9185G-R38E1-W8124-GK74G"
GOLDEN_SEED: Final = "cc6778924ab5bcb96bb62f9a1319df4dae47327282065c951c01c122297c62eb"
ten_bytes = st.binary(min_size=10, max_size=10)


@given(secret=ten_bytes, pin=ten_bytes)
def test_a_code_is_read_as_it_was_written(secret: bytes, pin: bytes) -> None:
    code = ClaimCode(secret, pin)
    assert read_code(str(code)) == code
    assert read_code(str(code).lower().replace("-", " ").replace("0", "o").replace("1", "l")) == code


@given(secret=ten_bytes, pin=ten_bytes, place=st.integers(0, 34), step=st.integers(1, 31))
def test_a_mistyped_symbol_is_noticed(secret: bytes, pin: bytes, place: int, step: int) -> None:
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    symbols = list(str(ClaimCode(secret, pin)).replace("-", ""))
    symbols[place] = alphabet[(alphabet.index(symbols[place]) + step) % 32]
    try:
        read = read_code("".join(symbols))
    except ValueError:
        return
    assert read != ClaimCode(secret, pin), "one in 32,768 passes the check, and is another code"


@pytest.mark.parametrize("text", ["", "AAAAA", "U" * 35, "A" * 36, "?" * 35])
def test_what_is_no_code_says_why(text: str) -> None:
    with pytest.raises(ValueError, match=r"a code has|is in no code|mistyped"):
        read_code(text)


def test_a_code_does_not_show_itself_in_logs() -> None:
    code = ClaimCode(bytes(10), bytes(10))
    assert str(code) not in repr(code)


def test_an_identity_names_fleet_and_vehicle() -> None:
    assert address_of(identity_of(Address("north", "van-7"))) == Address("north", "van-7")
    assert identity_of(Address("f" * 31, "v" * 32)).count("/") == 1
    with pytest.raises(ValueError, match="together may have 63"):
        identity_of(Address("f" * 32, "v" * 32))


@pytest.mark.parametrize("identity", ["telltale-cloud", "", "north/", "/van-7", "north/van/7", "north/+", "nor#th/van"])
def test_what_is_no_identity(identity: str) -> None:
    with pytest.raises(ValueError, match="no vehicle's identity"):
        address_of(identity)


def test_a_code_of_long_ago_is_read_as_it_was_then() -> None:
    """Golden: boxes and clouds of different versions must agree on it."""
    code = ClaimCode(bytes(range(10)), bytes(range(10, 20)))
    assert str(code) == GOLDEN
    assert read_code(GOLDEN) == code
    assert code.seed.hex() == GOLDEN_SEED
