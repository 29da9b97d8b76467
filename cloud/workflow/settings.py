"""How long agents wait for people."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """Judgements, each a setting."""

    remind_after: timedelta = timedelta(days=3)
    """From a question to its reminder, and from there to `no_answer`."""
    ask_again_after: timedelta = timedelta(days=7)
    """From a no to the second question; the second no is the last."""
    look_again_after: timedelta = timedelta(days=1)
    """From no free time to the next look."""
    overdue_after: timedelta = timedelta(days=1)
    """From the booked end until somebody should have said what was done."""
