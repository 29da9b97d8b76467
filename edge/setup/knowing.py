"""Steps 3 and 4: what is said on the bus, which kind of vehicle says it, and who it is."""

from dataclasses import replace
from pathlib import Path

from edge import assets
from edge.bus.setting import set_up
from edge.diagnostics.clearing import Refused
from edge.errors import BusDown
from edge.setup.asking import ask
from edge.setup.hearing import Heard, hear
from edge.setup.kinds import Ask, profile_for, read_profile, shipped_profiles, way_of_asking
from edge.setup.rates import RESTART_MS
from edge.setup.setting import Setting, Work

SILENT = (
    "nothing is heard: the ignition is off, or a gateway keeps the connector silent (telltale-edge diagnose "
    "--silent-connector tries it)"
)
QUESTION = "May control units be asked for VIN, codes and values, for a few per cent of the bus?"


def heard(setting: Setting, work: Work) -> Setting:
    """With what was said on the bus, and the profile that fits it.

    Raises:
        ConfigError: it cannot be opened here, or the profile that was said is none.
        BusDown: the interface is not there.
    """
    work.step(3, "What is on the bus")
    if setting.is_adapter:
        work.tell("an adapter hears nothing by itself: the vehicle is asked")
        return _with_kind(setting, work)
    work.tell(f"listening for {work.wishes.listen_s:g} s")
    told = hear(setting.source, work.wishes.listen_s, work.wishes.databases)
    for line in told.lines():
        work.tell(line)
    return _with_kind(replace(setting, heard=told, blocked=(*setting.blocked, *_in_the_way(told))), work)


def known(setting: Setting, work: Work) -> Setting:
    """With what the vehicle says of itself, where it may be asked; a connector that is silent never is.

    Raises:
        ConfigError: it cannot be asked from this machine.
        BusDown: the interface cannot be set.
    """
    work.step(4, "Who the vehicle is")
    how = _way(setting, work)
    if how == "nothing":
        work.tell("nothing is asked: VIN, codes and values of OBD stay unknown")
        return replace(setting, blocked=(*setting.blocked, 'control units are not asked: ask = "nothing"'))
    if setting.is_silent:
        work.tell("a connector that is silent is never asked by setup")
        return setting
    if setting.controller is not None and setting.bitrate is not None:
        set_up(setting.controller.name, setting.bitrate, listens_only=False, restart_ms=RESTART_MS)
        work.tell(f"{setting.controller.name} takes part on the bus from now on")
    setting = replace(setting, ask=how)
    try:
        answered = ask(setting.source, how, setting.bitrate)
    except (Refused, BusDown) as error:
        work.tell(str(error))
        return replace(setting, blocked=(*setting.blocked, f"control units say nothing: {error}"))
    for line in answered.lines():
        work.tell(line)
    return replace(setting, answered=answered)


def _in_the_way(told: Heard) -> tuple[str, ...]:
    if not told.frames:
        return (SILENT,)
    if told.bus is None or not told.bus.unknown:
        return ()
    share = sum(one.share for one in told.bus.unknown)
    return (f"{len(told.bus.unknown)} ids fit no database, {share:.1%} of the frames: no mapping",)


def _with_kind(setting: Setting, work: Work) -> Setting:
    """The profile that was said, or the shipped one that explains most; else the databases alone."""
    profiles, here = shipped_profiles(), Path.cwd()
    if (name := work.wishes.profile) is not None:
        profile = read_profile(name, here)
        work.tell(f"profile {name}, as said")
        whole = name if name in profiles else str(assets.profile_file(name, here).resolve())
        return replace(setting, profile=whole, is_heavy=profile.heavy)
    is_j1939 = setting.heard is not None and setting.heard.speaks_j1939
    chosen = setting.heard.bus.chosen if setting.heard and setting.heard.bus else ()
    suggested = profile_for(chosen, profiles, is_j1939=is_j1939)
    if suggested is not None:
        work.tell(f"a vehicle of profile {suggested}")
        return replace(setting, profile=suggested, is_heavy=profiles[suggested].heavy)
    work.tell("no shipped profile is of this vehicle")
    return replace(setting, databases=tuple(one.fit.file.resolve() for one in chosen), is_heavy=is_j1939)


def _way(setting: Setting, work: Work) -> Ask:
    if work.wishes.ask is not None:
        return work.wishes.ask
    how = way_of_asking(is_heavy=setting.is_heavy)
    if setting.is_adapter:
        return how  # who plugs one in wants the vehicle to be asked
    return how if not setting.is_silent and work.agrees(QUESTION, unasked=False) else "nothing"
