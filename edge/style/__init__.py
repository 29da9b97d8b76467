"""Driving style: harsh braking, acceleration and cornering, and overspeed, as events of a trip. Pure."""

from edge.style.judge import STYLE_PATHS, StyleJudge
from edge.style.limits import CAR, HEAVY, LIMITS, StyleLimits
from edge.style.manners import Manners, StyleEvent, StyleKind

__all__ = ["CAR", "HEAVY", "LIMITS", "STYLE_PATHS", "Manners", "StyleEvent", "StyleJudge", "StyleKind", "StyleLimits"]
