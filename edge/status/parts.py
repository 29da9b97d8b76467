"""From the figures of the daemon's parts to what is told of them. Nothing in here asks a clock or the kernel."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from edge.asking import Asked
from edge.config import Config
from edge.decode.decoder import Key
from edge.memories import Progress
from edge.outbox import Standing
from edge.powering import PowerStanding
from edge.report import most_common
from edge.status import told
from edge.status.arming import DETECTOR
from edge.status.moment import Moment
from edge.status.pace import Bits, Flow
from edge.updates.updates import Standing as UpdateStanding

if TYPE_CHECKING:
    from edge.link import LinkStanding

MEGABYTE: Final = 1_000_000
OTHERS: Final = frozenset({DETECTOR, "geofences", "at once"})
"""What is switched off, and is no model."""
_T = TypeVar("_T")


def settled(ask: Callable[[], _T]) -> _T:
    """What others count while they count it: a dictionary that grows at this very moment is asked again."""
    for _ in range(3):
        try:
            return ask()
        except RuntimeError:
            continue
    return ask()


def some(counters: Mapping[str, int]) -> dict[str, int]:
    """As many as may be told."""
    return dict(list(counters.items())[: told.COUNTERS_MAX])


def bus_of(
    name: str,
    flow: Flow,
    bits: Bits,
    *,
    down: str | None,
    counters: Mapping[str, int],
    now_s: float,
    is_live: bool,
    known_percent: float | None,
    kind: str,
) -> told.BusStatus:
    """One source of frames. `down`: why, if it is."""
    has_load = bits.bitrate is not None and not bits.is_fd and is_live
    return told.BusStatus(
        name=name,
        state="up" if down is None else "down",
        why=None if down is None else down[: told.TEXT_MAX],
        frames=counters.get("frames"),
        frames_per_s=round(flow.frames_per_s, 1) if "frames" in counters else None,
        heard_ago_s=rounded(flow.heard_ago_s(now_s)),
        load_percent=round(flow.load_percent(bits.bitrate), 1) if has_load and bits.bitrate else None,
        lost=flow.lost,
        lost_last_minute=flow.lost_lately,
        known_percent=known_percent,
        counters=some(counters),
        kind=kind,
    )


def known_percent(lane: str, lanes: int, moment: Moment | None) -> float | None:
    """Of the frames of one bus, or of all buses inside of it; a single bus without a name has all there are."""
    if moment is None:
        return None

    def count(frames: Mapping[Key, int]) -> int:
        return sum(n for (bus, _, _), n in frames.items() if lanes == 1 or bus == lane or bus.startswith(f"{lane}/"))

    return percent(count(moment.known), count(moment.unknown))


def power_of(power: PowerStanding) -> told.Power:
    """When the box lets the vehicle's battery alone."""
    return told.Power(
        stage=power.stage,
        why=power.why,
        line=None if power.line is None else "on" if power.line else "off",
        line_trouble=power.line_trouble,
        volts=rounded(power.volts),
        low_for_s=round(power.low_for_s, 1),
        stays_s=rounded(power.stays_s),
        can_shut_down=power.can_shut_down,
    )


def understood_of(moment: Moment | None) -> told.Understood:
    """What became of frames."""
    if moment is None:
        return told.Understood(frames=None, known_percent=None, counters={}, most_unknown=[])
    counts = moment.decoded
    return told.Understood(
        frames=counts["frames"],
        known_percent=percent(counts["frames_known"], counts["frames_unknown"]),
        counters=some(counts),
        most_unknown=most_common(Counter(moment.unknown)),
    )


def asker_of(asked: Asked) -> told.Asker:
    """Diagnostics of one bus."""
    service = asked.service
    return told.Asker(
        bus=service.name,
        trouble=service.trouble,
        silent_because=service.why,
        counters=some(settled(lambda: service.counters)),
    )


def models_of(names: Sequence[str], learning: Sequence[Progress], off: Mapping[str, str]) -> list[told.Model]:
    """Models that run, learn or are switched off; those that were refused are in `off` alone."""
    how_far = {one.name: one for one in learning}
    models: list[told.Model] = []
    for name in dict.fromkeys([*names, *(name for name in off if name not in OTHERS)]):
        progress = how_far.get(name)
        reason = off.get(name) or (None if progress is None else progress.in_words)
        if name in off:
            models.append(told.Model(name=name, state="off", reason=reason))
        elif progress is not None and not progress.is_armed:
            models.append(told.Model(name=name, state="learning", reason=reason))
        else:
            models.append(told.Model(name=name, state="running", reason=reason))
    return models[: told.MODELS_MAX]


def outbox_of(standing: Standing | None, config: Config, *, as_of_s: float, trouble: str | None) -> told.OutboxStatus:
    """What waits; None of `standing`: nobody could ask yet. `trouble`: why."""
    counters = standing.counters if standing else {}
    lost = {name.removeprefix("lost."): count for name, count in counters.items() if name.startswith("lost.")}
    held = standing.held if standing else ()
    return told.OutboxStatus(
        as_of_s=round(as_of_s, 1) if standing else None,
        trouble=trouble or (standing.trouble if standing else None),
        messages=sum(one.messages for one in held) if standing else None,
        bytes=sum(one.bytes for one in held) if standing else None,
        bytes_max=config.state.outbox_mb * MEGABYTE,
        reserve_bytes=counters.get("reserve_bytes"),
        reserve_bytes_max=config.outbox.reserve_mb * MEGABYTE,
        waiting=[
            told.Held(kind=one.kind, messages=one.messages, bytes=one.bytes, oldest_s=one.oldest_s) for one in held
        ],
        lost=some(lost),
        set_aside=standing.set_aside if standing else None,
        begun_anew=counters.get("begun_anew", 0) if standing else None,
    )


def link_of(standing: "LinkStanding", config: Config) -> told.LinkStatus:
    """The session with the broker."""
    return told.LinkStatus(
        broker=standing.broker,
        connected=standing.up_s is not None,
        trouble=standing.trouble[: told.TEXT_MAX] or None,
        up_s=rounded(standing.up_s),
        network=standing.network,
        acknowledged_ago_s=rounded(standing.acknowledged_ago_s),
        held=standing.held,
        metered_bytes_today=standing.bytes_today,
        metered_bytes_a_day=round(config.link.megabytes_a_day * MEGABYTE) or None,
    )


def captures_of(moment: Moment | None) -> told.Captures:
    """Recordings around alerts."""
    if moment is None:
        return told.Captures(open=None, counters={})
    return told.Captures(open=moment.captures_open, counters=some(moment.captures))


def campaigns_of(moment: Moment | None) -> list[told.CampaignStanding]:
    """What the cloud has asked to be collected."""
    states = {} if moment is None else moment.campaigns
    return [told.CampaignStanding(name=name[: told.TEXT_MAX], state=state) for name, state in states.items()]


def update_of(standing: UpdateStanding) -> told.UpdateStatus:
    """What runs, and what is to run."""
    runs, wanted = standing.runs, standing.wanted
    return told.UpdateStatus(
        slot=runs.slot,
        name=runs.name,
        version=runs.version,
        on_trial=standing.is_on_trial,
        probation_left_s=rounded(standing.probation_left_s),
        wanted=None if wanted is None else wanted.name,
        wanted_version=None if wanted is None else wanted.version,
        fetched_bytes=standing.fetched,
        wanted_bytes=None if wanted is None else wanted.size,
        trouble=None if standing.trouble is None else standing.trouble[: told.TEXT_MAX],
    )


def percent(known: int, unknown: int) -> float | None:
    """The share of what is known; None of nothing."""
    return round(100.0 * known / (known + unknown), 1) if known + unknown else None


def rounded(value: float | None) -> float | None:
    """To a tenth."""
    return None if value is None else round(value, 1)
