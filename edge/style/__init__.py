"""Driving style: harsh braking, acceleration and cornering, and overspeed, as events of a trip. Pure."""

from edge.style.judge import STYLE_PATHS, StyleJudge
from edge.style.limits import CAR, HEAVY, StyleLimits
from edge.style.manners import Manners, StyleEvent, StyleKind

__all__ = ["CAR", "HEAVY", "STYLE_PATHS", "Manners", "StyleEvent", "StyleJudge", "StyleKind", "StyleLimits"]
