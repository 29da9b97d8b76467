"""Accounts: what the daemon says of itself: to the cloud, to people, to who updates it, and at the end."""

import time
from collections.abc import Mapping

from edge.health import health_body
from edge.personal import without_personal
from edge.power.decision import Why
from edge.report import Report, frame_counts, most_common, unheard
from edge.stages import Stages
from edge.status.moment import Moment, moment_of
from edge.status.telling import Known
from edge.updates.probation import Vitals
from edge.wire.messages import Health, PartState


def health_of(run: Stages) -> Health:
    """How everything is.

    Raises:
        EdgeError: the outbox's disk.
    """
    parts = run.parts
    return health_body(
        uptime_s=time.monotonic() - run.started_s,
        buses={reader.name: reader.down for reader in run.readers.readers},
        askers={one.service.name: (one.service.trouble, one.service.why) for one in run.asked.values()},
        switched_off=switched_off(run),
        learning={one.name: one.coarse for one in run.memories.progress},
        cab=run.cab.troubles,
        counters=counters_of(run),
        outbox=parts.outbox.trouble if parts.outbox else None,
        certificate=parts.keeper.trouble if parts.keeper else None,
        updates=parts.updates.trouble if parts.updates else None,
        power=_power(run),
    )


def _power(run: Stages) -> tuple[PartState, str] | None:
    """What of the box's power the cloud should know: mostly nothing, and nothing changes it but an end."""
    standing, why = run.powering.standing, run.powering.why_ends
    if why is not None:
        says = (
            "the box is shut down" if standing.can_shut_down else "the box should be shut down, and no command is set"
        )
        is_well = standing.can_shut_down or standing.why is Why.PARKED
        return (PartState.OK if is_well else PartState.DEGRADED), f"{why}: {says}"
    return None if standing.line_trouble is None else (PartState.DEGRADED, standing.line_trouble)


def vitals_of(run: Stages) -> Vitals:
    """How the daemon is, as far as a bundle on trial is judged by it."""
    link = run.parts.link
    off = {
        **{f"bus.{reader.name}": reader.down for reader in run.readers.readers},
        **{f"diagnostics.{one.service.name}": one.service.trouble for one in run.asked.values()},
        **{f"detector.{name}": why for name, why in switched_off(run).items()},
    }
    return Vitals(
        at_s=time.monotonic(),
        judged_ago_s=run.judged.age_s(),
        alerts_began=run.teller.alerts_began,
        off={name: why for name, why in off.items() if why is not None},
        is_acknowledged=link is not None and link.standing.acknowledged_ago_s is not None,
        drives=run.judgement.history.doing.moves is True,
    )


def switched_off(run: Stages) -> dict[str, str]:
    """Detectors that do not judge just now, with the reason."""
    at_once = {"at once": run.looking.failed} if run.looking and run.looking.failed else {}
    return {**run.judgement.judges.switched_off, **at_once}


def known_of(run: Stages) -> Known:
    """What another thread may look at."""
    config, prepared, parts = run.config, run.prepared, run.parts
    return Known(
        config=config,
        config_file=parts.config_file,
        is_live=run.is_live,
        buses=prepared.buses,
        specs=prepared.specs,
        lanes=[lane.name for lane in run.lanes],
        readers=run.readers.readers,
        asked=run.asked,
        history=run.judgement.history,
        rules=prepared.rules,
        rules_refused=prepared.rules_refused,
        models=[*prepared.models, *(learner.name for learner in prepared.learners)],
        judged=run.judged,
        cab=run.cab,
        outbox=parts.outbox,
        link=parts.link,
        timekeeping=parts.timekeeping,
        quiet=run.quiet,
        powering=run.powering,
        before=parts.sealing.before,
        notes=prepared.notes,
        updates=parts.updates,
    )


def moment_of_run(run: Stages) -> Moment:
    """What the pipeline's thread alone knows, as of now; it alone calls this."""
    collecting = run.collecting
    return moment_of(
        run.judgement,
        at_s=time.monotonic(),
        switched_off=switched_off(run),
        frames_late=run.grid.frames_late,
        cells_skipped=run.grid.cells_skipped,
        captures_open=collecting.captures.open,
        captures=collecting.captures.counters,
        campaigns=collecting.campaigns.states if collecting.campaigns else {},
        learning=run.memories.progress,
    )


def counters_of(run: Stages) -> dict[str, Mapping[str, int]]:
    """Everything that is counted.

    Raises:
        EdgeError: the outbox's disk.
    """
    judgement, parts = run.judgement, run.parts
    return {
        **{f"bus.{reader.name}": reader.counters for reader in run.readers.readers},
        **{f"diagnostics.{one.service.name}": one.service.counters for one in run.asked.values()},
        "decode": frame_counts(judgement.decoder.counts),
        "learning": {name: count for one in run.memories.progress for name, count in one.counted.items()},
        "judgement": {
            "cells": judgement.cells,
            "cells_skipped": run.grid.cells_skipped,
            "frames_late": run.grid.frames_late,
            "detectors_rested": judgement.judges.rests,
            **judgement.book.counters,
        },
        **run.collecting.counters,
        "position": judgement.places,
        "private": {"summaries_withheld": judgement.summaries_withheld},
        "cab": run.cab.counters,
        "wishes": run.wishes.counters,
        "told": {"alerts": run.teller.alerts_began, "refused": run.teller.refused},
        "wanted": parts.wanted.counters,
        **({"documents": parts.documents.counters} if parts.documents else {}),
        **({"commands": parts.commands.counters} if parts.commands else {}),
        **({"updates": parts.updates.counters} if parts.updates else {}),
        **({"outbox": parts.outbox.counters()} if parts.outbox else {}),
        **({"link": parts.link.counters()} if parts.link else {}),
    }


def report_of(run: Stages, *, bus_time_s: float) -> Report:
    """The account of a run that is over; `bus_time_s`: from its first frame to its last."""
    counts = run.judgement.decoder.counts
    said = counts.spoken.by_path
    return Report(
        frames=counts.frames,
        ids_known=len(counts.known),
        frames_known=counts.known.total(),
        ids_unknown=len(counts.unknown),
        frames_unknown=counts.unknown.total(),
        frames_decoded=counts.decoded,
        undecodable={cause: counter.total() for cause, counter in counts.undecodable.items()},
        long_messages=counts.transported,
        answers=counts.answered,
        samples=counts.samples,
        bus_time_s=bus_time_s,
        run_s=round(time.monotonic() - run.started_s, 3),
        cells=run.judgement.cells,
        alerts_began=run.teller.alerts_began,
        alerts_ended=run.teller.alerts_ended,
        trips=run.teller.trips,
        summaries=run.teller.summaries,
        sources={reader.name: reader.counters for reader in run.readers.readers},
        notes=_notes(run),
        most_unknown=most_common(counts.unknown),
        texts=without_personal(said) if run.judgement.history.private else said,
    )


def _notes(run: Stages) -> list[str]:
    notes = [*run.prepared.notes, *run.memories.notes]
    notes += [f"detector {name} is switched off: {why}" for name, why in run.judgement.judges.switched_off.items()]
    notes += unheard(run.judgement.decoder.counts, run.prepared.inner)
    if run.grid.frames_late:
        notes.append(f"{run.grid.frames_late:,} frames came after their cell had closed and count at the next")
    if run.parts.outbox and (waiting := run.parts.outbox.waiting_messages()):
        notes.append(f"{waiting:,} messages wait in the outbox for the cloud; they are sent at the next run")
    return notes
