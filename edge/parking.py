"""Parking: a vehicle that is left lets its box go in time, and what it was left like is remembered."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from edge.detect.tamper import Before
from edge.history import Window
from edge.power.decision import Step
from edge.stages import Stages

log = logging.getLogger(__name__)

VIN: Final = "Vehicle.VehicleIdentification.VIN"


class Parking:
    """Used by the thread that judges."""

    def __init__(
        self,
        run: Stages,
        *,
        seal: Callable[[str], None],
        stays: Callable[[], None],
        shut_down: Callable[[str], None],
    ) -> None:
        """`seal`: the trip and the minute that run end so, and are told; `stays`: it should go, and nobody can let it;
        `shut_down`: the box is to go, for this reason."""
        self._run = run
        self._seal_trip, self._stays, self._shut_down = seal, stays, shut_down
        self._sealing, self._tamper = run.parts.sealing, run.prepared.tamper

    def take_up(self) -> None:
        """Watch from here on for what happened to the box while it was off, or does now."""
        before = self._sealing.before or Before()
        if before.ended == "power_lost":
            log.warning("the box lost its power before everything was kept; the outbox tells what is missing")
            if self._run.config.power.hardware == "switched":
                before = replace(before, ended="sealed")  # that is how such a box is switched off
        if self._tamper:
            self._tamper.recall(before)

    def look(self) -> None:
        """Let the vehicle's battery alone, once it is not in use or low."""
        powering, judgement = self._run.powering, self._run.judgement
        if not self._run.is_live or not powering.is_due:
            return
        self._see(judgement.history.window())
        for step in powering.look(judgement.history.window(), moves=judgement.moves_by_position):
            match step:
                case Step.SEAL:
                    self._seal()
                case Step.SHUT_DOWN:
                    self._end()
                case Step.WAKE:
                    self._unseal()

    def _seal(self) -> None:
        """Make durable what is known, since the power may go."""
        powering = self._run.powering
        self._seal_trip(powering.ended_by)
        powering.sealed()
        self._sealing.seal()
        if self._tamper:
            self._tamper.left(self._sealing.place)
        log.info("the vehicle is not in use; everything is kept, nothing is asked")

    def _unseal(self) -> None:
        self._sealing.unseal()
        if self._tamper:
            self._tamper.used()
        log.info("the vehicle is in use again")

    def _see(self, window: Window) -> None:
        """Remember where the vehicle is and what it calls itself."""
        spoken = self._run.judgement.decoder.counts.spoken.by_path.get(VIN, [])
        vin = next((one.service.vin for one in self._run.asked.values() if one.service.vin), "")
        vin = vin or (spoken[0] if len(spoken) == 1 else "")
        self._sealing.see(window.fix, vin, private=window.private)
        if self._tamper:
            self._tamper.read(vin, self._run.powering.scale)

    def _end(self) -> None:
        why = self._run.powering.why_ends or ""
        if not self._run.config.power.shutdown:
            log.warning("%s: the box would be shut down, and no command for it is configured ([power] shutdown)", why)
            self._stays()
            return
        log.warning("%s: the box is shut down", why)
        self._shut_down(why)
