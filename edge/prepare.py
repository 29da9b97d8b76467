"""From a configuration to stages that are ready: everything that can be wrong is found here, before anything starts."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge.bus.spec import LIVE, SourceSpec
from edge.bus.table.layout import layout_of
from edge.bus.table.signals import database_of, notes_on_table
from edge.config import Config
from edge.config_parts import Bus
from edge.decode.answers import Answers
from edge.decode.conflicts import notes_on
from edge.decode.database import Database, check_shared, load_database
from edge.decode.decoder import Binding, Decoder, GuardedMessage
from edge.decode.dids import declared
from edge.decode.guards import guarded
from edge.decode.kept import load_kept
from edge.decode.layout import Fate
from edge.decode.wrapped import notes_on_answers
from edge.detect.geofences.detector import GeofenceDetector
from edge.detect.rules.detector import RuleDetector
from edge.detect.rules.rule import Rule, load_rules, unheard, untranslated
from edge.detect.starts import StartDetector
from edge.detect.tamper import TamperDetector
from edge.driver.words import Words, load_words
from edge.hot import HotWatch
from edge.instruments import instruments_of, measured, names_of, watches_starts
from edge.judgement import Judgement
from edge.memories import Learner
from edge.packages import Package, load_packages
from edge.profile import MappedDatabase
from edge.style import CAR, HEAVY
from edge.whereabouts import LATITUDE, LONGITUDE

log = logging.getLogger(__name__)

REMARKS_MAX: Final = 20
"""Told of one database at the start."""
MS: Final = 1_000_000
MEGABYTE: Final = 1_000_000
S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """The pure part of the daemon, with what the installer should know about it."""

    judgement: Judgement
    buses: Sequence[Bus]
    """Those of the configuration, and what the box itself measures."""
    specs: Sequence[SourceSpec]
    """Of each of them."""
    instruments: frozenset[str]
    """Buses on which the box tells what it measures itself."""
    notes: Sequence[str]
    inner: Mapping[str, str]
    """Buses that recordings are taken to hold, by their names on this vehicle: the recording."""
    hot: HotWatch
    words: Words
    """Of the language of the cab."""
    learners: Sequence[Learner]
    """Detectors that learn this vehicle."""
    rules: Sequence[Rule] = ()
    """Those that are judged."""
    rules_refused: int = 0
    models: Sequence[str] = ()
    """Detectors that came of packages, by name; those that were refused are in the judges' list."""
    packages: Sequence[Package] = ()
    """The same, to be proven."""
    tamper: TamperDetector | None = None
    """To be told what no frame tells."""
    unusable: Sequence[str] = ()
    """Rules and models that cannot be used, and why."""
    paths: frozenset[str] = frozenset()
    """Signals that databases give, and answers of control units where these are asked by us."""


def prepare(config: Config, *, keeps: bool = False) -> Prepared:
    """Load databases, mappings, rules and models.

    Compiled databases are taken from the state, and kept there, only where it `keeps`: who merely checks a
    configuration, perhaps as another user, leaves nothing behind.

    Raises:
        ConfigError: with file, place and remedy. (A model that cannot be used, now or later, is switched off instead.)
    """
    buses = [*config.bus, *instruments_of(config)]
    specs = [SourceSpec.parse(bus.source) for bus in buses]
    of_tables: list[str] = []
    bindings = _bindings(buses, specs, config.state.directory if keeps else None, of_tables)
    dids = declared(config.did, Path(config.profile or "did"))
    own = measured(config, buses, specs)
    decoder = Decoder([*bindings, *own], _guards(config, bindings), Answers(dids))
    paths = {signal.path for one in bindings for signal in one.database.signals}
    paths |= {quantity.path for did in dids.values() for quantity in did.quantities}
    answered = {signal.path for signal in decoder.signals}
    if any(bus.ask == "obd" for bus in config.bus):
        paths |= answered
    is_bare = not paths
    bindings += own
    paths |= {signal.path for one in bindings for signal in one.database.signals}
    units = {signal.path: signal.unit for one in bindings for signal in one.database.signals}
    words = load_words(config.cab.language, config.cab.words)
    rules, refused = load_rules([Path(file) for file in config.detect.rules], units, words)
    models = load_packages(config.detect.models, config.detect.model_keys, words)
    tampers = [TamperDetector(moved_m=config.tamper.moved_m, vin=config.tamper.vin)] if config.tamper.enabled else []
    starts = [StartDetector()] if watches_starts(config, specs) else []
    fences = [GeofenceDetector(config.geofence)] if config.geofence else []
    judgement = Judgement(
        decoder,
        [RuleDetector(rules), *models.detectors, *fences, *starts, *tampers],
        vehicle=config.vehicle.id,
        grid_ns=config.judging.grid_ms * MS,
        summary_ns=config.memory.summary_s * S,
        summary_paths=config.memory.summary_signals,
        summary_slow=config.memory.summary_slow,
        subscribed=config.memory.subscribe,
        row_bytes=config.memory.row_ring_mb * MEGABYTE,
        stopwatch=time.perf_counter_ns if any(spec.kind in LIVE for spec in specs) else None,  # see Judges
        private_hours=config.private.week(),
        limits=replace(HEAVY if config.style.vehicle == "heavy" else CAR, overspeed_kmh=config.style.overspeed_kmh),
        position_every_s=config.position.every_s,
        refused=models.refused,
    )
    databases = list({id(one.database): one.database for one in bindings}.values())
    notes = [
        *of_tables,
        *_remarks(bindings),
        *notes_on(bindings),
        *notes_on_answers(databases),
        *map(str, refused),
        *models.notes,
        *unheard(rules, paths, answered),
        *words.notes,
        *untranslated(rules),
        *_rates(buses, specs),
    ]
    notes += [f"nobody sends {path}, which is subscribed to" for path in config.memory.subscribe if path not in paths]
    known = {rule.concern.rule for rule in rules}
    families = tuple(f"{detector.name}_" for detector in models.detectors)
    notes += [
        f"no rule is called {name}, around whose alerts frames are to be captured ([capture] rules)"
        for name in config.capture.rules
        if name not in known and not name.startswith(("geofence_", *families))
    ]
    if config.geofence or config.position.every_s:
        notes += [f"nobody sends {path}: positions stay unknown" for path in (LATITUDE, LONGITUDE) if path not in paths]
    if is_bare:
        notes.insert(0, "no database is configured: of frames only answers to testers are decoded (add dbc = […])")
    inner = {bus_inside(bus.name, one.name): bus.name or bus.source for bus in config.bus for one in bus.channels}
    return Prepared(
        judgement,
        buses,
        specs,
        names_of(buses, specs),
        notes,
        inner,
        HotWatch(rules, bindings),
        words,
        [*models.learners, *starts],
        rules,
        rules_refused=sum(one.rule not in known for one in refused),
        models=[detector.name for detector in models.detectors],
        packages=models.detectors,
        tamper=tampers[0] if tampers else None,
        unusable=[*map(str, refused), *(f"detector {name}: {why}" for name, why in models.refused.items())],
        paths=frozenset(paths),
    )


def _bindings(buses: Sequence[Bus], specs: Sequence[SourceSpec], state: Path | None, notes: list[str]) -> list[Binding]:
    """Each bus with its databases; `notes` gets what is to be said of tables."""
    loaded: dict[tuple[Path, Path | None, bool], Database] = {}
    bindings: list[Binding] = []
    for bus, spec in zip(buses, specs, strict=True):
        files = [(label, *_with_mapping(one, bus.mapping)) for label, one in _each(bus)]
        sharing = list(dict.fromkeys(file for _, file, mapping in files if bus.mapping and mapping == bus.mapping))
        is_shared = len(sharing) > 1
        for label, file, mapping in files:
            key = (file, mapping, is_shared and mapping == bus.mapping)
            if key not in loaded:
                loaded[key] = _loaded(file, mapping, state, is_shared=key[2])
            bindings.append(Binding(loaded[key], label))
        if bus.is_table:
            own = bindings[len(bindings) - len(files) :]
            bindings[len(bindings) - len(files) :] = [_of_table(spec, bus.name, own, notes)]
        if is_shared and bus.mapping is not None:
            check_shared(bus.mapping, sharing)
    return bindings


def _of_table(spec: SourceSpec, bus: str, databases: Sequence[Binding], notes: list[str]) -> Binding:
    """What decodes a table: its columns; the vehicle's databases only tell their units and labels."""
    layout = layout_of(spec)
    known = {signal.path: signal for one in databases for signal in one.database.signals}
    notes.extend(notes_on_table(layout, known))
    return Binding(database_of(layout, known), bus)


def _each(bus: Bus) -> Iterator[tuple[str, Path | MappedDatabase]]:
    """Its databases, each with the bus that it is for; those of one channel go before those of all."""
    for channel in bus.channels:
        yield from ((bus_inside(bus.name, channel.name), one) for one in channel.dbc)
    yield from ((bus.name, one) for one in bus.dbc)


def bus_inside(name: str, own: str) -> str:
    """What a bus inside a recording is called on this vehicle."""
    return f"{name}/{own}" if name else own


def _guards(config: Config, bindings: Sequence[Binding]) -> list[GuardedMessage]:
    if all(bus.is_table for bus in config.bus):
        return []  # nobody sends what could be proven
    databases = list({id(one.database): one.database for one in bindings}.values())
    return list(guarded(config.integrity, databases, Path(config.profile or "integrity")))


def _with_mapping(one: Path | MappedDatabase, mapping: Path | None) -> tuple[Path, Path | None]:
    return (one.file, one.mapping) if isinstance(one, MappedDatabase) else (one, mapping)


def _rates(buses: Sequence[Bus], specs: Sequence[SourceSpec]) -> Iterator[str]:
    """Where a source is set to another bit rate than the vehicle's bus has."""
    for bus, spec in zip(buses, specs, strict=True):
        said = dict(spec.options).get("bitrate")
        if bus.bitrate and said and said != str(bus.bitrate):
            where = f" of bus {bus.name}" if bus.name else ""
            yield f"{spec.text}{where}: the vehicle's bus has {bus.bitrate} bit/s, not {said}"


def _remarks(bindings: Sequence[Binding]) -> Iterator[str]:
    """What is doubtful in the databases, and where to read of the rest."""
    for database in {id(one.database): one.database for one in bindings}.values():
        doubtful = [remark for remark in database.remarks if remark.fate is Fate.DOUBTFUL]
        yield from (f"{database.file.name}: {remark.text}" for remark in doubtful[:REMARKS_MAX])
        if other := len(database.remarks) - len(doubtful[:REMARKS_MAX]):
            places = "1 place is not as it" if other == 1 else f"{other} places are not as they"
            yield (f"{database.file.name}: {places} should be; telltale-edge dbc check {database.file} names them")


def _loaded(file: Path, mapping: Path | None, state: Path | None, *, is_shared: bool) -> Database:
    if state is None:
        return load_database(file, mapping, is_shared=is_shared)
    return load_kept(file, mapping, state, is_shared=is_shared)
