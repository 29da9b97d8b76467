"""What one agent may hand to which: a transition that is not on the list is blocked, written down, and ends the run."""

from cloud.database import Database
from cloud.errors import NotAllowed
from cloud.security.audit import Audit
from cloud.security.behaviour import Kind, Outcome, Suspicion
from cloud.security.watch import Watch
from edge.wire.messages import Severity

Transition = tuple[str, str]
"""From this agent to that one."""


class AgentGuard:
    """Stands between the agents of the workflow."""

    def __init__(self, database: Database, watch: Watch, audit: Audit, allowed: frozenset[Transition]) -> None:
        self._database = database
        self._watch = watch
        self._audit = audit
        self._allowed = allowed

    def pass_on(self, run: str, before: str, after: str) -> None:
        """Let a run go from one agent to another.

        Raises:
            NotAllowed: it must not; the run is to end with an error.
        """
        principal, action = f"agent/{before}", f"hand_to_{after}"
        if (before, after) in self._allowed:
            self._watch.note(principal, action, Outcome.ALLOWED)
            return
        self._watch.note(principal, action, Outcome.REFUSED)
        detail = f"{run}: {before} may not hand over to {after}"
        with self._database.transaction() as connection:
            self._audit.record(connection, by=principal, action="forbidden_transition", subject=run, note=detail)
        self._watch.raise_finding(principal, Suspicion(Kind.TRANSITION, Severity.CRITICAL, detail))
        raise NotAllowed(detail)
