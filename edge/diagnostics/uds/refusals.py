"""What a unit means by refusing, and what to do then (ISO 14229-1 annex A.1). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Then(StrEnum):
    """What to do after a refusal."""

    NEVER = "never"
    """The unit does not have it: it is not asked again until identity is read anew."""
    LATER = "later"
    """It would answer at another time: it is asked again when its turn comes."""
    GUARDED = "guarded"
    """A security gateway stands in between: a state of the vehicle, told as such; no reason to back off for ever."""
    LESS = "less"
    """It was asked for too much at once."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A negative response code, in words."""

    code: int
    name: str
    words: str
    then: Then


def refusal(code: int) -> Refusal:
    """What a code (0 to 255) means; one that is on no list is asked again later."""
    return REFUSALS.get(code) or Refusal(code, f"refused_{code:02X}", "the maker's own reason", Then.LATER)


def _all(then: Then, *rows: tuple[int, str, str]) -> Iterable[Refusal]:
    return (Refusal(code, name, words, then) for code, name, words in rows)


REFUSALS: Final = {
    one.code: one
    for one in (
        *_all(
            Then.NEVER,
            (0x11, "service_not_supported", "the unit has no such service"),
            (0x12, "report_not_supported", "the unit has the service, not this report of it"),
            (0x13, "wrong_length", "the unit reads the request differently"),
            (0x31, "out_of_range", "the unit knows no such identifier or code"),
            (0x7E, "report_not_in_session", "only in a session that we never open"),
            (0x7F, "service_not_in_session", "only in a session that we never open"),
        ),
        *_all(
            Then.GUARDED,
            (0x33, "security_access_denied", "a security gateway, or the unit itself, wants to be unlocked first"),
            (0x34, "authentication_required", "a security gateway wants to know who asks"),
            (0x36, "too_many_attempts", "somebody tried keys too often; it stays locked for a while"),
            (0x37, "locked_for_a_while", "somebody tried keys; it stays locked for a while"),
            (0x38, "secured_only", "it is told over an encrypted connection alone"),
            (0x39, "secured_not_here", "it is told over an encrypted connection alone, elsewhere"),
            (0x3A, "secured_wrongly", "it is told over an encrypted connection alone"),
            *((0x50 + step, f"certificate_{0x50 + step:02X}", "it wants a certificate") for step in range(0x0E)),
        ),
        *_all(
            Then.LATER,
            (0x10, "general_reject", "no reason given"),
            (0x21, "busy", "it has other things to do"),
            (0x22, "conditions_not_correct", "not in the vehicle's present state: try standing, or running"),
            (0x24, "wrong_order", "something would have to come first"),
            (0x25, "no_answer_behind_it", "it passed the question on, and nobody answered"),
            (0x26, "failure_in_the_way", "a fault keeps it from answering"),
            (0x78, "pending", "it said that the answer comes later, and it did not come"),
            (0x81, "rpm_too_high", "the engine turns too fast"),
            (0x82, "rpm_too_low", "the engine turns too slowly"),
            (0x83, "engine_runs", "not while the engine runs"),
            (0x84, "engine_stands", "only while the engine runs"),
            (0x85, "run_time_too_short", "the engine has not run long enough"),
            (0x86, "too_hot", "temperature too high"),
            (0x87, "too_cold", "temperature too low"),
            (0x88, "too_fast", "the vehicle is too fast"),
            (0x89, "too_slow", "the vehicle is too slow"),
            (0x8A, "pedal_too_far", "the pedal is pressed too far"),
            (0x8B, "pedal_not_far_enough", "the pedal is not pressed far enough"),
            (0x8C, "not_in_neutral", "only in neutral"),
            (0x8D, "not_in_gear", "only in gear"),
            (0x8F, "brake_not_pressed", "only with the brake pressed"),
            (0x90, "not_in_park", "only in park"),
            (0x91, "clutch_locked", "not while the converter clutch is locked"),
            (0x92, "voltage_too_high", "supply voltage too high"),
            (0x93, "voltage_too_low", "supply voltage too low"),
        ),
        *_all(Then.LESS, (0x14, "answer_too_long", "the whole answer does not fit; less at once might")),
    )
}
"""By code."""
