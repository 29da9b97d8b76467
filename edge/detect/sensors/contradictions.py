"""Contradictions: what is said of the signals that contradict the others, by how strong the evidence is."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.finding import Concern, Finding, Verdict
from edge.detect.sensors.card import SensorsCard
from edge.detect.sensors.evidence import Moment
from edge.detect.sensors.kinds import KINDS
from edge.detect.sensors.plan import Channel
from edge.personal import is_personal

Float64s = npt.NDArray[np.float64]

LINGERS: Final = 0.7
"""Share of a limit above which a contradiction is not over yet."""


class Contradictions:
    """Puts into words what one package finds."""

    def __init__(self, card: SensorsCard) -> None:
        self._channels = card.plan.channels
        self._concerns = [_concern(card, number) for number in range(len(self._channels))]

    def told(self, strength: Float64s, moment: Moment, *, is_private: bool) -> Sequence[Finding]:
        """One finding for each channel that contradicts the others, or about which nothing is known just now.

        `strength`: (kinds, channels), evidence in shares of its limit.
        """
        contradict = [int(number) for number in np.flatnonzero(strength.max(axis=0) > 1.0)]
        findings = [
            self._finding(number, strength[:, number], moment, contradict, is_private=is_private)
            for number in range(strength.shape[1])
        ]
        return [finding for finding in findings if finding is not None]

    def _finding(
        self, number: int, strength: Float64s, moment: Moment, contradict: Sequence[int], *, is_private: bool
    ) -> Finding | None:
        strongest = int(np.argmax(strength))
        if strength[strongest] <= LINGERS:
            known = moment.judged[number] and not np.isnan(moment.observed[number])
            return None if known else Finding(self._concerns[number], Verdict.UNKNOWN)
        path = self._channels[number].path
        is_hidden = is_private and is_personal(path)
        values = {path: _known(moment.observed[number]), _expected_name(path): _known(moment.expected[number])}
        values = {} if is_hidden else values  # what is expected of a personal signal is as personal
        verdict = Verdict.HOLDS if strength[strongest] > 1.0 else Verdict.LINGERS
        facts = {
            "value": _in_words(moment.observed[number], is_hidden=is_hidden),
            "threshold": _in_words(moment.expected[number], is_hidden=is_hidden),
            "unit": self._channels[number].unit,
            "kind": KINDS[strongest].in_words + self._besides(number, contradict),
        }
        return Finding(self._concerns[number], verdict, values, facts)

    def _besides(self, number: int, contradict: Sequence[int]) -> str:
        """Who else contradicts: of two signals that expect each other, either may be wrong."""
        others = [_readable(self._channels[other]) for other in contradict if other != number]
        return f"; the {' and the '.join(others)} contradicts as well, and may be the wrong one" if others else ""


def _concern(card: SensorsCard, number: int) -> Concern:
    notice, channel = card.notice, card.plan.channels[number]
    readable = _readable(channel)
    return Concern(
        rule=f"{card.name}_{channel.name}",
        component=notice.component,
        severity=notice.severity,
        action=notice.action,
        summary=notice.summary.replace("{signal}", readable),
        advice=notice.advice.replace("{signal}", readable),
    )


def _readable(channel: Channel) -> str:
    return channel.name.replace("_", " ")


def _expected_name(path: str) -> str:
    return "Vehicle.Telltale.Expected." + path.removeprefix("Vehicle.").replace(".", "")


def _in_words(value: float, *, is_hidden: bool) -> str:
    return "unknown" if is_hidden or np.isnan(value) else f"{value:.4g}"


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
