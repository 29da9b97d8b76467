"""Virtual sensors: an ONNX model says what a signal ought to be; far above it for a while is a finding.

The only room that knows onnxruntime. A model costs memory and start-up time, so its session is made at the first tick
that needs an answer, and proves itself on the card's golden rows before it is believed.
"""

import ctypes
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.detect.card import CARD, REMEDY, Card, load_card, load_model_bytes
from edge.detect.finding import Concern, Finding, Verdict
from edge.detect.rules.spoken import AS_WRITTEN, Tongue, said
from edge.errors import ModelError
from edge.history import NOTHING, Smoothing, Window

# A vehicle tells nobody but its owner. It is read as the library loads, which else leaves an identifier in TMPDIR.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime  # type: ignore[import-untyped]  # it ships no types
from onnxruntime.capi import onnxruntime_pybind11_state as states  # type: ignore[import-untyped]  # it ships no types

Float32s = npt.NDArray[np.float32]

_ERRORS: Final = (
    states.EPFail,
    states.EngineError,
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NoModel,
    states.NotImplemented,
    states.RuntimeException,
    RuntimeError,
    ValueError,
)
"""What onnxruntime raises; its errors have no base of their own."""
_QUIET: Final = 3
"""onnxruntime's log level for errors alone."""
_NOWHERE: Final = ("session.model_external_initializers_file_folder_path", "/dev/null")
"""Where numbers lie that a model keeps outside of itself; else it would be the folder that the daemon stands in."""

onnxruntime.disable_telemetry_events()


class OnnxModel:
    """A model in a file: rows of features to one answer each, or to `width` of them."""

    def __init__(self, content: bytes, features: int, name: str, *, width: int = 1) -> None:
        """Raises ModelError when the content is no model with `features` inputs and `width` answers a row."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _QUIET
        options.add_session_config_entry(*_NOWHERE)
        self._name = name
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except _ERRORS as error:
            raise ModelError(f"{name}: is not a model that can be run ({_first_line(error)}). {REMEDY}") from error
        self._input = self._session.get_inputs()[0].name
        probe = self.answers(np.zeros((1, features), np.float32))
        if probe.shape != (width,):
            raise ModelError(f"{name}: gives {probe.size} answers for one row, not {width}. {REMEDY}")
        _give_back()

    def answers(self, rows: Float32s) -> Float32s:
        """(N * width,) answers to (N, features) rows, row by row.

        Raises:
            ModelError: the model cannot answer.
        """
        try:
            (answers, *_) = self._session.run(None, {self._input: rows})
        except _ERRORS as error:
            raise ModelError(f"{self._name}: cannot answer ({_first_line(error)}). {REMEDY}") from error
        return np.asarray(answers, np.float32).reshape(-1)


def _give_back() -> None:
    """Ten times a model's size is taken while it is read; what is free again goes back to the system (malloc_trim(3)).

    glibc would keep it for good; another C library has its own ways, and nothing is done.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class OnnxDetector:
    """Judges one virtual sensor."""

    def __init__(self, folder: Path, card: Card, words: Tongue = AS_WRITTEN) -> None:
        """`words`: the language of the cab."""
        self.name = card.name
        self.smoothings: Sequence[Smoothing] = card.smoothings
        self.paths = card.paths
        self.wants = NOTHING
        self.card = card
        self._folder = folder
        self._model: OnnxModel | None = None
        self._concern = Concern(
            rule=card.name,
            component=card.notice.component,
            severity=card.notice.severity,
            action=card.notice.action,
            summary=card.notice.summary,
            advice=card.notice.advice,
            driver=said(card.notice.driver, words).text,
            for_ns=card.for_ns,
        )

    def expected(self, window: Window) -> float:
        """What the target ought to be; NaN when the model does not apply or a feature is unknown.

        Raises:
            ModelError: the model cannot be used.
        """
        if not all(guard.holds(window) for guard in self.card.when):
            return math.nan
        features = [feature.read(window) for feature in self.card.features]
        if any(map(math.isnan, features)):
            return math.nan
        return float(self._proven().answers(np.array([features], np.float32))[0])

    def judge(self, window: Window) -> Sequence[Finding]:
        """One finding or none. Where the model does not apply it does not know, which ends no alert.

        Raises:
            ModelError: the model cannot be used.
        """
        card = self.card
        observed = window.value(card.target.path)
        expected = self.expected(window)
        values = {card.target.path: _known(observed), card.expected.path: _known(expected)}
        excess = observed - expected
        if math.isnan(excess):
            return [Finding(self._concern, Verdict.UNKNOWN, values)]
        if excess > card.threshold:
            return [Finding(self._concern, Verdict.HOLDS, values, self._facts(excess))]
        if excess > card.clear:
            return [Finding(self._concern, Verdict.LINGERS, values)]
        return []

    def _facts(self, excess: float) -> dict[str, str]:
        kelvin = self.card.target.unit == "Celsius"  # a difference of temperatures
        unit = "K" if kelvin else self.card.target.unit
        return {"value": f"{excess:.3g}", "threshold": f"{self.card.threshold:.3g}", "unit": unit}

    def prove(self) -> None:
        """Have it give its golden answers now, not when it is first asked.

        Raises:
            ModelError: it does not, or cannot be used.
        """
        self._proven()

    def _proven(self) -> OnnxModel:
        """The session, once it has given the golden answers."""
        if self._model is None:
            file = self._folder / self.card.model_file
            model = OnnxModel(load_model_bytes(self._folder, self.card), len(self.card.features), str(file))
            rows = np.array([row.features for row in self.card.golden], np.float32)
            wanted = np.array([row.answer for row in self.card.golden])
            off = float(np.abs(model.answers(rows) - wanted).max())
            if not off <= self.card.golden_tolerance:
                raise ModelError(f"{file}: is {off:.3g} off the golden answers in {CARD}. {REMEDY}")
            self._model = model
        return self._model


def load_model(folder: Path, words: Tongue = AS_WRITTEN, card: bytes | None = None) -> OnnxDetector:
    """The detector of a model package (a folder with `card.json` and its model). `words`: the language of the cab.

    `card`: its content, where it was read already.

    Raises:
        ModelError: the package is missing, damaged, or its model is not the one that the card describes.
    """
    return OnnxDetector(folder, load_card(folder, card), words)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
