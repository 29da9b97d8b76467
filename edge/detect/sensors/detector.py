"""SensorsDetector: leads a vehicle through commissioning, then tells which signal contradicts the others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.card import CARD, REMEDY, load_model_bytes
from edge.detect.finding import Finding
from edge.detect.onnx import OnnxModel
from edge.detect.sensors.card import SensorsCard, load_sensors_card
from edge.detect.sensors.commissioning import Commissioning, Hours, Stage
from edge.detect.sensors.contradictions import Contradictions
from edge.detect.sensors.evidence import GAP_MAX
from edge.detect.sensors.expectation import Regressors
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.memory import packed, unpacked
from edge.detect.sensors.progress import Progress, progress_of
from edge.detect.sensors.seasons import Judges, Said, Seasons
from edge.detect.sensors.watch import Seen, Trained, Watch
from edge.errors import ModelError
from edge.frames import NANOSECONDS
from edge.history import NOTHING, Smoothing, Window

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

TRIP_GAP_S: Final = 600.0
"""After a silence of all channels as long, the next row begins another trip."""
SILENT_MAX: Final = GAP_MAX + 1
"""Seconds of a silence that are passed over one by one: by then all that goes by the last seconds has ended."""


class SensorsDetector:
    """One package on one vehicle; judged once a second of the vehicle's time."""

    def __init__(self, folder: Path, card: SensorsCard) -> None:
        """`folder`: of the package, whose model is loaded at the first row."""
        self.name = card.name
        self.card = card
        self.smoothings: Sequence[Smoothing] = ()
        self.paths: frozenset[str] = frozenset()
        self.wants = NOTHING
        self._folder = folder
        self._model: OnnxModel | None = None
        self._regressors = Regressors(len(card.plan.channels))
        self._trained = trained_of(card)
        self._hours = Hours(**card.hours.model_dump())
        self.seasons = Seasons(self._anew, self._hours)
        self._contradictions = Contradictions(card)
        self._watch: Watch | None = None
        self._judges: Judges | None = None
        self._second = 0
        self._heard_at: int | None = None
        self._findings: Sequence[Finding] = ()

    @property
    def progress(self) -> Progress:
        """How far commissioning is."""
        return progress_of(self.name, self.card.plan, self.seasons.all, self._hours)

    def memory(self) -> bytes:
        """What was learned of this vehicle so far, to be given back to `recall` after a restart."""
        return packed(self.seasons.all, self.card.model_sha256)

    def recall(self, memory: bytes) -> None:
        """Go on where a detector of the same package was.

        Raises:
            ModelError: it is of another package, or damaged; commissioning begins anew.
        """
        known = unpacked(memory, self._anew, self.card.model_sha256)
        self.seasons = Seasons(self._anew, self._hours, known)
        self._judges = None

    def _anew(self) -> Commissioning:
        return Commissioning(self.card.plan, self._regressors, self._trained)

    def judge(self, window: Window) -> Sequence[Finding]:
        """One finding for each channel that contradicts the others, or about which nothing is known just now.

        Raises:
            ModelError: the model cannot be used.
        """
        second = window.until // NANOSECONDS
        if second > self._second:
            self._second = second
            self._findings = self._judge_second(window)
        return self._findings

    def _judge_second(self, window: Window) -> Sequence[Finding]:
        row = np.array([window.value(channel.path) for channel in self.card.plan.channels])
        if np.isnan(row).all():
            return self._findings
        watch, silent_s = self._watch_of_trip(window.until)
        self._pass_over(watch, min(silent_s, SILENT_MAX))
        seen = watch.step(row)
        if (judges := self._judges_of_trip()) is None:
            self._teach(watch, seen, is_private=window.private)
            return ()
        said = judges.step(watch, seen)
        if said.teaches:
            self._teach(watch, seen, is_private=window.private)
        else:
            self.seasons.pause()
        if not window.private:
            self._drift(said)
        return self._contradictions.told(said.strength, said.moment, is_private=window.private)

    def _teach(self, watch: Watch, seen: Seen, *, is_private: bool) -> None:
        """What is learned is kept, and how somebody drove on a private trip is not to be."""
        if is_private:
            self.seasons.pause()
        else:
            self.seasons.teach(watch, seen)

    def _watch_of_trip(self, until: int) -> tuple[Watch, int]:
        """The watch, and for how many seconds nothing was heard that it has not been told of."""
        last, self._heard_at = self._heard_at, until
        if self._watch is None or last is None or until - last >= TRIP_GAP_S * NANOSECONDS:
            self._watch = Watch(self.card.plan, self._trained, self._regressors, self.answers)
            self.seasons.begin_trip()
            self._judges = None
            return self._watch, 0
        return self._watch, (until - last) // NANOSECONDS - 1

    def _judges_of_trip(self) -> Judges | None:
        """Of the seasons that were learned when it began; None: none is."""
        if self._judges is None and (armed := self.seasons.armed):
            self._judges = judges_of(self.card, armed)
        return self._judges

    def _pass_over(self, watch: Watch, seconds: int) -> None:
        """Seconds without any signal, for which no expert is asked."""
        channels = len(self.card.plan.channels)
        for _ in range(seconds):
            seen = watch.step(np.full(channels, np.nan), np.full(2 * channels, np.nan))
            if self._judges is not None:
                self._judges.step(watch, seen)

    def _drift(self, said: Said) -> None:
        season = [one for one in self.seasons.all if one.stage is Stage.ARMED][int(said.season)]
        if (learned := season.learned) is not None:
            moment = said.moment
            judged = moment.judged & ~np.isnan(moment.observed) & learned.usable
            season.drifts.take(moment.observed - moment.expected, judged, learned.known.certain)

    def answers(self, columns: Float32s) -> Float64s:
        """What its experts say, (rows, 2 x channels), of rows of the plan's columns.

        Raises:
            ModelError: the model cannot be used.
        """
        return self._proven().answers(columns).reshape(len(columns), -1).astype(np.float64)

    def prove(self) -> None:
        """Have it give its golden answers now, not when it is first asked.

        Raises:
            ModelError: it does not, or cannot be used.
        """
        self._proven()

    def _proven(self) -> OnnxModel:
        """The session, once it has given the golden answers."""
        if self._model is None:
            file, card = self._folder / self.card.model_file, self.card
            width = 2 * len(card.plan.channels)
            model = OnnxModel(load_model_bytes(self._folder, card), card.plan.width, str(file), width=width)
            rows = np.array(
                [[np.nan if one is None else one for one in row.columns] for row in card.golden], np.float32
            )
            off = float(np.abs(model.answers(rows) - np.concatenate([row.answers for row in card.golden])).max())
            if not off <= card.golden_tolerance:
                raise ModelError(f"{file}: is {off:.3g} off the golden answers in {CARD}. {REMEDY}")
            self._model = model
        return self._model


def load_sensors(folder: Path, card: bytes | None = None) -> SensorsDetector:
    """The detector of a package of virtual sensors. `card`: its content, where it was read already.

    Raises:
        ModelError: the package is missing, damaged, or its model is not the one that the card describes.
    """
    return SensorsDetector(folder, load_sensors_card(folder, card))


def judges_of(card: SensorsCard, seasons: Sequence[Learned], shape: tuple[int, ...] = ()) -> Judges:
    """Of one trip, or of `shape` trips side by side, from the beginning."""
    limits = [one.limits(card.false_per_hour, card.plan, card.margin) for one in seasons]
    return Judges(card.plan, seasons, limits, shape)


def trained_of(card: SensorsCard) -> Trained:
    """How the signals lay where the experts of a package were trained."""
    return Trained(np.array([lie.mean for lie in card.trained]), np.array([lie.spread for lie in card.trained]))
