"""What is told of the vehicle: signals, position, alerts; of where it is nothing, in private mode nothing personal."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.alerts import Alert
from edge.detect.geofences.detector import COMPONENT as PLACE
from edge.driver.attention import gravity
from edge.frames import NANOSECONDS
from edge.history import NEVER
from edge.personal import is_personal, is_place
from edge.status.moment import Moment
from edge.status.told import ALERTS_MAX, SIGNALS_MAX, Alerts, AlertStatus, Position, Signals, SignalStatus
from edge.uplink import stamp

Bools = npt.NDArray[np.bool_]
NO_SIGNALS: Final = Signals(known=None, heard=None, fresh=None, withheld=None, left_out=0, values=[])
NO_ALERTS: Final = Alerts(firing=None, pending=None, left_out=0, fires=[])
_DIGITS: Final = 9


class Vehicle:
    """The signals of one vehicle, in the order in which they are told."""

    def __init__(self, slot: Mapping[str, int], units: Sequence[str]) -> None:
        """`slot`, `units`: as History has them."""
        self._paths = sorted(slot, key=lambda path: (not path.startswith("Vehicle."), path))
        self._places = np.array([slot[path] for path in self._paths], np.intp)
        self._units = [units[slot[path]] for path in self._paths]
        self._is_withheld = np.array([is_place(path) for path in self._paths], np.bool_)
        self._is_personal = np.array([is_personal(path) for path in self._paths], np.bool_)

    def signals(self, moment: Moment, heard: Bools, fresh: Bools, *, late_s: float) -> Signals:
        """As of a moment that is so old; what is fresh goes before what is not, where not all can be told."""
        is_heard, is_fresh = heard[self._places], fresh[self._places]
        withheld = is_heard & (self._is_personal if moment.private else self._is_withheld)
        told = np.flatnonzero(is_heard & ~withheld)
        if len(told) > SIGNALS_MAX:
            told = np.sort(np.concatenate([told[is_fresh[told]], told[~is_fresh[told]]])[:SIGNALS_MAX])
        values, ages = moment.latest[self._places[told]], moment.until - moment.heard_at[self._places[told]]
        rows = [
            SignalStatus(
                path=self._paths[place],
                value=_known(value) if is_known else None,
                unit=self._units[place],
                age_s=round(max(age / NANOSECONDS, 0.0) + late_s, 2),
            )
            for place, value, age, is_known in zip(
                told.tolist(), values.tolist(), ages.tolist(), is_fresh[told].tolist(), strict=True
            )
        ]
        return Signals(
            known=len(self._paths),
            heard=int(np.count_nonzero(heard)),
            fresh=int(np.count_nonzero(fresh)),
            withheld=int(np.count_nonzero(withheld)),
            left_out=int(np.count_nonzero(is_heard & ~withheld)) - len(rows),
            values=rows,
        )


def heard_and_fresh(moment: Moment) -> tuple[Bools, Bools]:
    """(signals,) ever heard, and (signals,) with a value to reckon with, as History.fresh has it."""
    heard = moment.heard_at != NEVER
    age = np.where(heard, moment.until - np.where(heard, moment.heard_at, 0), 0)
    return heard, heard & (age <= moment.stale_ns) & ~np.isnan(moment.latest)


def position_of(moment: Moment, *, late_s: float) -> Position | None:
    """Whether it is known where the vehicle is; None in private mode, when nobody asks."""
    if moment.private:
        return None
    if moment.fix is None:
        return Position(age_s=None, accuracy_m=None)
    age_s = max((moment.until - moment.fix.at) / NANOSECONDS, 0.0) + late_s
    return Position(age_s=round(age_s, 1), accuracy_m=round(moment.fix.accuracy_m, 1))


def alerts_of(moment: Moment) -> Alerts:
    """What fires; in private mode without words, which may be of before, and without fences, which say where it was."""
    fires = [one for one in moment.alerts if not (moment.private and one.concern.component == PLACE)]
    fires.sort(key=lambda one: (*gravity(one.severity, one.action), one.started))
    return Alerts(
        firing=len(fires),
        pending=moment.alerts_pending,
        left_out=max(0, len(fires) - ALERTS_MAX),
        fires=[_alert(one, moment) for one in fires[:ALERTS_MAX]],
    )


def _alert(alert: Alert, moment: Moment) -> AlertStatus:
    return AlertStatus(
        rule=alert.concern.rule,
        component=alert.concern.component,
        severity=alert.severity,
        action=alert.action,
        since_at=stamp(alert.started),
        for_s=round(max(moment.until - alert.started, 0) / NANOSECONDS, 1),
        summary=None if moment.private else alert.summary,
    )


def _known(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None
