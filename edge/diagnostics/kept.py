"""What is known of a vehicle, kept across restarts, so that a change while we were off is seen all the same."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from edge.diagnostics.findings import Code, SinceCleared, Status, Survey, Unit
from edge.files import Draft
from edge.personal import without_personal

log = logging.getLogger(__name__)

BYTES_MAX: Final = 4_000_000


class _Kept(BaseModel):
    """The file: JSON, one version."""

    model_config = ConfigDict(extra="ignore")
    version: int = 1
    vin: str | None = None
    units: list[Unit] = []
    codes: list[Code] = []
    told: dict[str, frozenset[Status]] = {}
    cleared: dict[str, SinceCleared] = {}
    odometer_km: float | None = None
    engine_hours_h: float | None = None


def recall(file: Path) -> Survey:
    """What was known; nothing, said once, where the file cannot be read."""
    try:
        with file.open("rb") as stream:
            kept = _Kept.model_validate_json(stream.read(BYTES_MAX))
    except FileNotFoundError:
        return Survey()
    except (OSError, ValidationError) as error:
        log.warning("%s: what was known of the vehicle cannot be read, and is learned anew: %s", file, error)
        return Survey()
    return Survey(
        vin=kept.vin,
        units={unit.ecu: unit for unit in kept.units},
        codes={code.key: code for code in kept.codes},
        told=kept.told,
        cleared=kept.cleared,
        odometer_km=kept.odometer_km,
        engine_hours_h=kept.engine_hours_h,
    )


def keep(file: Path, survey: Survey, *, private: bool = False) -> None:
    """Write it, whole or not at all; in private mode without what freeze frames say of where or how was driven.

    Raises:
        EdgeError: it cannot be written.
    """
    kept = _Kept(
        vin=survey.vin,
        units=list(survey.units.values()),
        codes=[_discreet(code) if private else code for code in survey.codes.values()],
        told=dict(survey.told),
        cleared=dict(survey.cleared),
        odometer_km=survey.odometer_km,
        engine_hours_h=survey.engine_hours_h,
    )
    draft = Draft(file)
    try:
        with draft.writing() as stream:
            stream.write(kept.model_dump_json().encode())
        draft.commit()
    finally:
        draft.close()


def _discreet(code: Code) -> Code:
    return replace(code, freeze_frame=without_personal(code.freeze_frame))
