"""The targets as hypothesis tries them: any bytes, and seeds that were changed; what it finds it makes small."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.drive import SEEDS
from tests.fuzz.targets import TARGETS


@st.composite
def changed_seeds(draw: st.DrawFn, name: str) -> bytes:
    """A seed with bytes written over, put in or left out, and something behind it."""
    content = bytearray(draw(st.sampled_from([file.read_bytes() for file in sorted((SEEDS / name).iterdir())])))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=8))
    return bytes(content) + draw(st.binary(max_size=40))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_a_promise(name: str) -> None:
    @given(st.binary(max_size=TARGETS[name].bytes_max) | changed_seeds(name))
    def check(content: bytes) -> None:
        TARGETS[name].check(content)

    check()
