"""Arming: which rules can fire as things are now, and why the others cannot."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.rules.rule import Rule, can_fire
from edge.status.told import RULES_MAX, Rules, UnarmedRule

DETECTOR: Final = "rules"
"""What the judges call the one that judges them."""
_LACKS_MAX: Final = 3
NO_DATABASE, NEVER_HEARD, STALE = "no_database", "never_heard", "stale"
SWITCHED_OFF, PRIVATE = "switched_off", "private"
Bools = npt.NDArray[np.bool_]


class Arming:
    """Looks anew only when something has changed: conditions are many, and signals mostly come or stay away."""

    def __init__(self, rules: Sequence[Rule], refused: int, slot: Mapping[str, int]) -> None:
        """`slot`: where each signal of this vehicle stands; `refused`: rules that cannot be used."""
        self._rules, self._refused, self._slot = tuple(rules), refused, slot
        self._seen: tuple[bytes, bytes, bool, bool] | None = None
        self._told: Rules | None = None

    @property
    def unknown(self) -> Rules:
        """Before anything was judged."""
        return Rules(armed=None, unarmed={}, refused=self._refused, named=[])

    def look(self, heard: Bools, fresh: Bools, *, private: bool, is_off: bool) -> Rules:
        """As things are: (signals,) ever heard, and (signals,) whose values can be reckoned with."""
        seen = heard.tobytes(), fresh.tobytes(), private, is_off
        if self._told is None or seen != self._seen:
            self._seen, self._told = seen, self._looked(heard, fresh, private=private, is_off=is_off)
        return self._told

    def _looked(self, heard: Bools, fresh: Bools, *, private: bool, is_off: bool) -> Rules:
        whys: Counter[str] = Counter()
        named: list[UnarmedRule] = []
        for rule in self._rules:
            lacks = {path: why for path in rule.paths if (why := self._why(path, heard, fresh))}
            why = self._unarmed(rule, lacks, private=private, is_off=is_off)
            if why is None:
                continue
            whys[why] += 1
            if len(named) < RULES_MAX:
                causing = [path for path, one in lacks.items() if one == why]
                named.append(UnarmedRule(rule=rule.concern.rule, why=why, lacks=causing[:_LACKS_MAX]))
        armed = len(self._rules) - whys.total()
        return Rules(armed=armed, unarmed=dict(sorted(whys.items())), refused=self._refused, named=named)

    def _why(self, path: str, heard: Bools, fresh: Bools) -> str | None:
        """Why a signal is unknown; None: it is not."""
        place = self._slot.get(path)
        if place is None:
            return NO_DATABASE
        if not heard[place]:
            return NEVER_HEARD
        return None if fresh[place] else STALE

    def _unarmed(self, rule: Rule, lacks: Mapping[str, str], *, private: bool, is_off: bool) -> str | None:
        if is_off:
            return SWITCHED_OFF
        if private and rule.is_personal:
            return PRIVATE
        if can_fire(rule, lacks):
            return None
        return next((why for why in (NO_DATABASE, NEVER_HEARD, STALE) if why in lacks.values()), None)
