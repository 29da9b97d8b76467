"""Figures of a card as text: what `telltale-models card` prints and models/README.md shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from edge.detect.card import Card, Feature

HEAD = (
    "detector",
    "false alarms",
    "per driving hour",
    "at most (95 %)",
    "alarmed while healthy",
    "leaks found",
    "… minus by chance",
    "delay p10 / p50 / p90",
    "lead before failure p10 / p50",
)


def card_text(card: Card) -> str:
    """The card for people, as Markdown."""
    lines = [f"# {card.name}", "", card.description, ""]
    lines += [f"Licence {card.licence}; {card.training.get('model_bytes', '?')} bytes.", ""]
    finding = f"{card.target.path} more than {card.threshold:g} above what is expected for {card.for_s:g} s"
    lines += [f"Finding: {finding}; over at {card.clear:g}. {card.unknown}", ""]
    features = [_feature(item) for item in card.features]
    lines += [*_table(("feature", "unit", "smoothing", "seen in training", "asked"), features), ""]
    lines += evaluation_table(card.evaluation) if card.evaluation else ["Not evaluated yet."]
    return "\n".join(lines) + "\n"


def evaluation_table(evaluation: Mapping[str, Any]) -> list[str]:
    """What was found on healthy and on leaking drives, one line for each detector."""
    healthy, leaks = evaluation["healthy"], evaluation["leaks"]
    rows = [_row(name, figures) for name, figures in evaluation["detectors"].items()]
    return [
        f"{healthy['driving_hours']:g} hours of healthy driving ({healthy['drives']} cars), {leaks['drives']} leaks.",
        "",
        *_table(HEAD, rows),
    ]


def _feature(item: Feature) -> tuple[str, ...]:
    smoothing = "latest" if item.tau_s is None else f"{item.tau_s:g} s"
    seen = f"{item.low:.4g} to {item.high:.4g}"
    asked = "anywhere" if item.beyond is None else f"and {item.beyond:g} beyond"
    return f"`{item.path}`", item.unit, smoothing, seen, asked


def _row(name: str, figures: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name,
        str(figures["false_alarms"]),
        f"{figures['false_alarms_per_hour']:.3g}",
        f"{figures['false_alarms_per_hour_upper']:.3g}",
        f"{figures['alarmed_share_of_healthy_driving']:.1%}",
        f"{figures['detected']:.0%}",
        f"{figures['detected_minus_healthy']:.0%}",
        _times(figures["delay_s"]),
        _times(figures["lead_before_failure_s"]),
    )


def _times(quantiles: Mapping[str, float]) -> str:
    return " / ".join(f"{value:.0f}" for value in quantiles.values()) + " s" if quantiles else "-"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
