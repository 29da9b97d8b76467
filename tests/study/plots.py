"""A picture of each scenario: `python -m tests.study.plots [VEHICLE [FAULT…]]` draws into edge/simulator/plots/."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from edge.simulator.simulation import faults_of
from tests.shared import ROOT
from tests.study.drives import Drive, drive
from tests.study.scenarios import CAR, DAY_S, EV, HAULED, HOUR_S, TRUCK, WHEELS, Study

FOLDER: Final = ROOT / "edge" / "simulator" / "plots"
STUDIES: Final[Mapping[str, Mapping[str, Study]]] = {
    "car": {**WHEELS, **CAR},
    "ev": {**WHEELS, **EV},
    "truck": {**HAULED, **TRUCK},
}
POINTS: Final = 4000
SEED: Final = 2


def draw(vehicle: str, fault: str, study: Study) -> Path:
    """One picture: a panel for each signal, the severity at the bottom, and when what happened."""
    happened = drive(vehicle, fault, study, seed=SEED, every_s=max(1, round(study.length_s / HOUR_S / 24)))
    unit, name = (DAY_S, "days") if study.length_s > 2 * DAY_S else (60.0, "minutes")
    panels = len(study.columns) + 1
    figure, axes = plt.subplots(panels, 1, sharex=True, figsize=(8.0, 1.1 * panels + 1.0), layout="constrained")
    thin = max(1, len(happened.time_s) // POINTS)
    times = [time_s / unit for time_s in happened.time_s[::thin]]
    for place, column in enumerate(study.columns):
        axes[place].plot(times, happened.column(place)[::thin], ".", markersize=1.2, color="#1f4e79")
        axes[place].set_ylabel(column, rotation=0, ha="right", fontsize=7)
    axes[-1].plot(
        [at / unit for at, _ in happened.severity], [value for _, value in happened.severity], color="#b3541e"
    )
    axes[-1].set_ylabel("severity", rotation=0, ha="right", fontsize=7)
    axes[-1].set_ylim(-0.05, 1.05)
    axes[-1].set_xlabel(name, fontsize=8)
    for axis in axes:
        axis.tick_params(labelsize=7)
        axis.grid(visible=True, linewidth=0.3)
        _mark(axis, study, happened, unit)
    pace = f", {study.pace:g} times as fast as in life" if study.pace != 1.0 else ""
    codes = "; ".join(
        f"{text} after {span((at - study.onset_s) * study.pace)}" for text, (at, _) in happened.codes.items()
    )
    figure.suptitle(
        f"{vehicle}: {fault} ({study.cycle}, {study.weather}, seed {SEED}{pace})\n{codes or 'no code'}", fontsize=8
    )
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{vehicle}-{fault}.png"
    figure.savefig(file, dpi=80)
    plt.close(figure)
    return file


def _mark(axis: Axes, study: Study, happened: Drive, unit: float) -> None:
    axis.axvline(study.onset_s / unit, color="grey", linewidth=0.8, linestyle=":")
    for at, _ in happened.codes.values():
        axis.axvline(at / unit, color="#c98a00", linewidth=0.8)
    if happened.failed_s is not None:
        axis.axvline(happened.failed_s / unit, color="#b00020", linewidth=1.0)


def span(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 2 * HOUR_S:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / HOUR_S:.0f} h" if seconds < 2 * DAY_S else f"{seconds / DAY_S:.1f} d"


def main(arguments: list[str]) -> None:
    """Draw what is named, or everything."""
    for vehicle, studies in STUDIES.items():
        if arguments and arguments[0] != vehicle:
            continue
        for fault in arguments[1:] or faults_of(vehicle):
            print(draw(vehicle, fault, studies[fault]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
