"""ObdAndUds: a car as OBD-II and UDS tell it together, found by asking; a surveyor made of both."""

from collections import Counter
from collections.abc import Mapping, Sequence

from edge.diagnostics.findings import Survey
from edge.diagnostics.poller import Surveyor
from edge.diagnostics.uds.joined import Joining, identities
from edge.diagnostics.uds.reader import UdsReader


class ObdAndUds:
    """Asks by both; either may find nobody. What one does not tell, the other may."""

    def __init__(self, obd: Surveyor, uds: Sequence[UdsReader], *, known: Survey | None = None) -> None:
        """`uds`: one for each way to ask everybody; `known`: what was known when we last stopped."""
        self.uds: UdsReader | None = None
        """The one through which units answer."""
        self._obd = obd
        self._readers = uds
        self._joining = Joining(known)
        self._speaks_obd = False

    @property
    def counters(self) -> Mapping[str, int]:
        """Of both."""
        counts = Counter(dict(self._obd.counters))
        for reader in self._readers:
            counts.update(reader.counters)
        return counts

    def discover(self) -> bool:
        """Find out who speaks what; the way on which somebody answered last is tried first."""
        self._speaks_obd = self._obd.discover()
        readers = sorted(self._readers, key=lambda one: one is not self.uds)
        self.uds = next((reader for reader in readers if reader.discover()), None)
        return self._speaks_obd or self.uds is not None

    def identity(self) -> Survey | None:
        """Who units are: what emission law asks for by OBD-II where a unit speaks it, the rest by UDS."""
        obd = self._obd.identity() if self._speaks_obd else None
        uds = self.uds.identity() if self.uds else None
        return identities(obd, uds, by_obd=[unit.name for unit in self.uds.found.obd] if self.uds else ())

    def codes(self) -> Survey | None:
        """Codes by both, each code once."""
        obd = self._obd.codes() if self._speaks_obd else None
        uds = self.uds.codes() if self.uds else None
        return self._joining.codes(obd, uds)

    def values(self) -> Mapping[str, float]:
        """What else can be asked, by name, and how many seconds apart it is wanted."""
        return {**(self._obd.values() if self._speaks_obd else {}), **(self.uds.values() if self.uds else {})}

    def ask_value(self, name: str) -> bool:
        """Ask for one of these; the answer is heard by whoever listens to the bus."""
        if self.uds is not None and name in self.uds.values():
            return self.uds.ask_value(name)
        return self._obd.ask_value(name)
