"""Everything that the cab says by itself, beside what rules have to say: names, and what is filled in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edge.detect.rules.functions import STATES
from edge.driver.notice import Telltale
from edge.wire.messages import Action, Severity

PHRASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **{f"action_{one}": () for one in Action},
        **{f"action_{one}_short": () for one in Action},
        **{f"severity_{one}": () for one in Severity},
        **{f"state_{one}": () for one in Telltale},
        **{f"doing_{one}": () for one in STATES},
        "warnings": ("n",),
        "and_more": ("n",),
        "waiting_for_stop": ("n",),
        "trip_over": ("n",),
        "trip_over_none": (),
        "acknowledge": (),
        "acknowledge_all": (),
        "acknowledged": (),
        "private": (),
        "private_on": (),
        "private_off": (),
        "workshop": (),
        "workshop_on": (),
        "workshop_off": (),
        "workshop_until": ("time",),
        "hold_to_confirm": (),
        "no_connection": (),
        "not_judged": (),
        "code_enter": (),
        "code_wrong": (),
        "code_wait": (),
        "code_go": (),
        "unknown": (),
        "more": ("n",),
        "until": ("time",),
        "on": (),
        "off": (),
        "press_again": (),
        "not_taken": (),
        "alerts_shown": (),
        "switches": (),
        "code_hint": (),
    }
)
"""Each phrase and the names that may stand in its braces; with `n` it may have a form for one and one for many."""
