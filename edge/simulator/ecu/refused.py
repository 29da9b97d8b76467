"""Refused: a negative answer of ISO 14229-1 and its reason."""

from enum import IntEnum
from typing import Final


class Nrc(IntEnum):
    """Negative response codes, ISO 14229-1 annex A.1."""

    SERVICE_NOT_SUPPORTED = 0x11
    SUB_FUNCTION_NOT_SUPPORTED = 0x12
    INCORRECT_LENGTH = 0x13
    RESPONSE_TOO_LONG = 0x14
    CONDITIONS_NOT_CORRECT = 0x22
    REQUEST_OUT_OF_RANGE = 0x31
    RESPONSE_PENDING = 0x78


UNHEARD: Final = frozenset({Nrc.SERVICE_NOT_SUPPORTED, Nrc.SUB_FUNCTION_NOT_SUPPORTED, Nrc.REQUEST_OUT_OF_RANGE})
"""Not sent when all units were asked at once: those who cannot answer keep silent (ISO 14229-1 clause 7.5)."""


class Refused(Exception):
    """The control unit answers negatively."""

    def __init__(self, code: Nrc) -> None:
        super().__init__(code.name)
        self.code = code
