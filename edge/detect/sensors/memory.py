"""Memory: what commissioning has learned so far, as bytes that outlive a restart."""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.commissioning import Commissioning, Samples, Stage
from edge.detect.sensors.drift import Drifts, Window
from edge.detect.sensors.expectation import Fit, Scales
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.limits import Maxima
from edge.detect.sensors.places import Gears, Places
from edge.detect.sensors.seasons import SEASONS_MAX
from edge.errors import ModelError

Arrays = dict[str, npt.NDArray[Any]]

FORM: Final = 4
DIGEST: Final = hashlib.sha256().digest_size
"""Bytes in front that all others must agree with."""
_SEASON: Final = "season_"
_SAMPLES: Final = ("values", "inputs", "told", "misses")


def packed(seasons: Sequence[Commissioning], model_sha256: str) -> bytes:
    """All of them, the first first; `model_sha256`: of the experts that they were learned with."""
    parts = [_sealed(_of_season(one, model_sha256)) for one in seasons]
    if len(parts) == 1:
        return parts[0]
    return _sealed({f"{_SEASON}{number}": np.frombuffer(part, np.uint8) for number, part in enumerate(parts)})


def unpacked(content: bytes, begin: Callable[[], Commissioning], model_sha256: str) -> list[Commissioning]:
    """Seasons where they were left off; `begin`: makes one that has just begun, of the same package.

    Raises:
        ModelError: they were learned with other experts, or the bytes are damaged.
    """
    try:
        arrays = _unsealed(content)
        names = [f"{_SEASON}{number}" for number in range(SEASONS_MAX)]
        every = [_unsealed(arrays[name].tobytes()) for name in names if name in arrays] or [arrays]
        return [_of_arrays(begin(), one, model_sha256) for one in every]
    except (KeyError, ValueError) as error:
        raise ModelError("is not as this version wrote it; the vehicle is learned anew") from error


def _sealed(arrays: Arrays) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    content = stream.getvalue()
    return hashlib.sha256(content).digest() + content


def _unsealed(content: bytes) -> Arrays:
    digest, content = content[:DIGEST], content[DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        raise ModelError("is damaged; the vehicle is learned anew")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _of_season(commissioning: Commissioning, model_sha256: str) -> Arrays:
    head = {
        "form": FORM,
        "model": model_sha256,
        "stage": commissioning.stage,
        "seconds": commissioning.seconds,
        "seen": {name: getattr(commissioning, name).seen for name in _SAMPLES},
    }
    arrays: Arrays = {"head": np.frombuffer(json.dumps(head).encode(), np.uint8), "typical": commissioning.typical}
    for name in _SAMPLES:
        if rows := getattr(commissioning, name).rows:
            arrays[name] = np.array(rows, np.float32)
    if commissioning.scales is not None:
        arrays |= {"mean": commissioning.scales.mean, "spread": commissioning.scales.spread}
    if commissioning.fit is not None:
        arrays |= {"gram": commissioning.fit.gram, "moment": commissioning.fit.moment}
    if commissioning.learned is not None:
        arrays |= _of_learned(commissioning.learned) | _of_drifts(commissioning.drifts)
    return arrays


def _of_arrays(anew: Commissioning, arrays: Arrays, model_sha256: str) -> Commissioning:
    head = json.loads(arrays["head"].tobytes())
    if head["form"] != FORM or head["model"] != model_sha256:
        raise ModelError("was learned with another version of this model; the vehicle is learned anew")
    return _restored(anew, head, arrays, len(anew.plan.channels))


def _restored(commissioning: Commissioning, head: dict[str, Any], arrays: Arrays, channels: int) -> Commissioning:
    commissioning.stage, commissioning.seconds = Stage(head["stage"]), int(head["seconds"])
    commissioning.typical = arrays["typical"]
    for name in _SAMPLES:
        rows = [row.astype(np.float64) for row in arrays.get(name, ())]
        setattr(commissioning, name, Samples(rows, int(head["seen"][name])))
    if "mean" in arrays:
        commissioning.scales = Scales(arrays["mean"], arrays["spread"])
    if "gram" in arrays:
        commissioning.fit = Fit(commissioning.regressors, channels)
        commissioning.fit.gram, commissioning.fit.moment = arrays["gram"], arrays["moment"]
    if "coefficients" in arrays and commissioning.scales is not None:
        commissioning.learned = _learned(arrays, commissioning.scales, Gears.of(commissioning.plan))
        commissioning.drifts = _drifts(arrays, channels)
    commissioning.begin_trip()
    return commissioning


def _of_learned(learned: Learned) -> Arrays:
    places, maxima = learned.places, learned.maxima
    arrays: Arrays = {
        "coefficients": learned.coefficients,
        "certain": learned.certain,
        "stretch": learned.stretch,
        "widening": learned.widening,
        "widened_stretch": learned.widened_stretch,
        "last_digit": learned.last_digit,
        "explained": learned.explained,
        "low": places.low,
        "high": places.high,
        "levels": places.levels,
        "places": places.counts,
        "maxima": maxima.largest,
        "running": maxima.running,
        "blocks": np.array([maxima.blocks, maxima.rows]),
    }
    return arrays if learned.gears is None else arrays | {"gears": learned.gears.counts}


def _of_drifts(drifts: Drifts) -> Arrays:
    buckets = [(channel, *bucket) for channel, window in enumerate(drifts.windows) for bucket in window.buckets]
    return {
        "drift_buckets": np.array(buckets, np.float64).reshape(-1, 4),
        "drift_began": drifts.began,
        "drift_sums": drifts.sums,
        "drift_rows": drifts.rows,
    }


def _drifts(arrays: Arrays, channels: int) -> Drifts:
    drifts = Drifts(channels)
    drifts.began, drifts.sums, drifts.rows = (arrays[f"drift_{name}"] for name in ("began", "sums", "rows"))
    for channel in range(channels):
        mine = arrays["drift_buckets"][arrays["drift_buckets"][:, 0] == channel, 1:]
        drifts.windows[channel] = Window([(float(one), float(two), float(three)) for one, two, three in mine])
    return drifts


def _learned(arrays: Arrays, scales: Scales, gears: Gears | None) -> Learned:
    maxima = Maxima(len(scales.mean))
    maxima.largest, maxima.running = arrays["maxima"], arrays["running"]
    maxima.blocks, maxima.rows = (int(one) for one in arrays["blocks"])
    if gears is not None:
        gears.counts = arrays["gears"]
    return Learned(
        scales=scales,
        coefficients=arrays["coefficients"],
        certain=arrays["certain"],
        stretch=arrays["stretch"],
        widening=arrays["widening"],
        widened_stretch=arrays["widened_stretch"],
        last_digit=arrays["last_digit"],
        explained=arrays["explained"],
        places=Places(arrays["low"], arrays["high"], arrays["levels"], arrays["places"]),
        gears=gears,
        maxima=maxima,
    )
