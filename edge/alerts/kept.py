"""What a book must know to go on after a restart as if there had been none, and how it is kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from edge.alerts.alert import Alert, Fingerprint, Scene
from edge.alerts.damping import Past
from edge.alerts.firing import Firing
from edge.detect.finding import Concern, Step


@dataclass(frozen=True, slots=True)
class Pending:
    """A condition that holds and has no alert yet."""

    since: int
    """ns; when it began to hold."""
    is_held_back: bool = False
    """Only the cool-down keeps it from beginning."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A book as of the last tick that it judged."""

    at: int | None = None
    """ns; None: it has judged none, or nobody wrote down which."""
    pending: Mapping[Fingerprint, Pending] = field(default_factory=dict)
    firing: Sequence[Firing] = ()
    """Oldest first."""
    past: Mapping[Fingerprint, Past] = field(default_factory=dict)


def pack_alerts(kept: Kept) -> bytes:
    """As the outbox remembers it."""
    whole = {
        "at": kept.at,
        "pending": [[*key, asdict(pending)] for key, pending in kept.pending.items()],
        "firing": [asdict(firing) for firing in kept.firing],
        "past": [[*key, asdict(past)] for key, past in kept.past.items()],
    }
    return json.dumps(whole).encode()


def unpack_alerts(packed: bytes) -> Kept:
    """What `pack_alerts` packed, now or in an earlier version, which kept a list of the alerts that fired alone."""
    whole = json.loads(packed)
    if isinstance(whole, list):
        return Kept(firing=[Firing(_alert(entry), {}, told=0) for entry in whole])
    return Kept(
        at=whole["at"],
        pending={(rule, component): Pending(**entry) for rule, component, entry in whole["pending"]},
        firing=[Firing(**{**entry, "alert": _alert(entry["alert"])}) for entry in whole["firing"]],
        past={
            (rule, component): Past(**{**entry, "began": tuple(entry["began"])})
            for rule, component, entry in whole["past"]
        },
    )


def _alert(entry: Mapping[str, Any]) -> Alert:
    scene = Scene(**entry.get("scene", {}))
    return Alert(**{"ended": None, **entry, "concern": _concern(entry["concern"]), "scene": scene})


def _concern(entry: Mapping[str, Any]) -> Concern:
    known = {one.name: entry[one.name] for one in fields(Concern) if one.name in entry}
    steps = tuple(Step(**step) for step in entry.get("steps", ()))
    return Concern(**{**known, "inhibits": tuple(entry.get("inhibits", ())), "steps": steps})
