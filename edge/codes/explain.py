"""What a trouble code means, as far as anybody here knows: own words first, then a table that the user brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from edge.codes.failure_modes import FAILURE_MODES, severity_of
from edge.codes.failure_types import failure_type_text
from edge.codes.severity import Severity
from edge.codes.structure import Origin, TroubleCode, code_from_text, form_text
from edge.codes.suspects import SuspectCode, suspect_from_text
from edge.codes.tables import Entry, generic_codes, spns

GENERIC: Final = "GENERIC"
"""Whose codes are the standard's, in an imported table."""
MAKERS_NAMED_MAX: Final = 6
_ADDRESSES: Final = range(2000, 2256)
"""SPNs that stand for the control unit at source address SPN - 2000 (SAE J1939-73)."""

Definitions = Mapping[tuple[str, str], str]
"""(maker in capitals, code) → what a table that the user brought says."""


class Source(Enum):
    """Whose words an explanation has."""

    OURS = "ours"
    IMPORTED = "imported"
    FORM = "form"
    """Nobody's: only what the form of the code says."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a code. What is not known is None or says so; nothing is made up."""

    code: str
    form: str
    """What its structure alone says."""
    meaning: str | None
    source: Source
    severity: Severity | None = None
    """None: not known."""
    component: str | None = None
    """None: not known."""
    failure: str = ""
    """What failure type or failure mode say."""
    note: str = ""
    unit: str = ""
    """Of the parameter, for J1939."""
    maker: str = ""
    """Whose definition it is; empty for the standard's."""

    def text(self) -> str:
        """One line for a person."""
        said = self.meaning or "meaning unknown"
        said = f"{said}: {self.failure}" if self.failure else said
        about = ", ".join(part for part in (self.severity, self.component, self.maker) if part) or self.form
        whose = ", imported words" if self.source is Source.IMPORTED else ""
        tail = f"; {self.note}" if self.note else ""
        return f"{self.code}  {said} [{about}{whose}]{tail}"


class Catalogue:
    """Explains codes; reads its tables when it is first asked, not before."""

    def __init__(self, imported: Definitions = MappingProxyType({})) -> None:
        """Use `imported` where there are no words of our own."""
        self._imported = imported

    def explain(
        self, code: str | TroubleCode | SuspectCode, failure_type: int | None = None, *, maker: str = ""
    ) -> Explanation:
        """Always something: at the least what the form of the code says.

        `failure_type` is the third byte of J2012-DA and wins over one in the code. `maker` says whose own codes are
        meant, in capitals or not; without it a maker's own code stays unknown.

        Raises:
            ValueError: it is neither a code of SAE J2012 nor one of J1939-73, or the failure type is no byte.
        """
        known = parse(code) if isinstance(code, str) else code
        if isinstance(known, SuspectCode):
            return _suspect(known)
        if failure_type is not None:
            known = TroubleCode(known.text, failure_type)
        return self._trouble(known, maker.strip().upper())

    def _trouble(self, code: TroubleCode, maker: str) -> Explanation:
        own = generic_codes().get(code.text)
        meaning, source, whose = (own.meaning, Source.OURS, "") if own else self._brought(code, maker)
        entry = own or Entry("", "info", "", "" if meaning else self._hint(code))
        return Explanation(
            code=str(code),
            form=form_text(code),
            meaning=meaning,
            source=source,
            severity=entry.severity if own else None,
            component=entry.component or None,
            failure=failure_type_text(code.failure_type or 0),
            note=entry.note,
            maker=whose,
        )

    def _hint(self, code: TroubleCode) -> str:
        """Whose own words the user's table has for a code when nobody said whose code it is."""
        makers = sorted(maker for maker, text in self._imported if text == code.text and maker != GENERIC)
        named = ", ".join(makers[:MAKERS_NAMED_MAX]) + (", …" if len(makers) > MAKERS_NAMED_MAX else "")
        return f"the imported table has it of {named}: say whose it is with --maker" if makers else ""

    def _brought(self, code: TroubleCode, maker: str) -> tuple[str | None, Source, str]:
        """What the user's table says: of that maker, or the standard's for what is no maker's own."""
        if (said := self._imported.get((maker, code.text))) is not None and maker:
            return said, Source.IMPORTED, maker if maker != GENERIC else ""
        if code.origin is not Origin.MAKER and (said := self._imported.get((GENERIC, code.text))) is not None:
            return said, Source.IMPORTED, ""
        return None, Source.FORM, ""


def parse(text: str) -> TroubleCode | SuspectCode:
    """A code as a person writes it, of either standard.

    Raises:
        ValueError: it is neither.
    """
    try:
        return code_from_text(text)
    except ValueError:
        pass
    try:
        return suspect_from_text(text)
    except ValueError:
        shape = "P0301, P0A09-1C, or SPN 110 FMI 0 (also 110/0)"
        raise ValueError(f"{text!r} is no trouble code: write it like {shape}") from None


def _suspect(code: SuspectCode) -> Explanation:
    entry = _parameter(code.spn)
    return Explanation(
        code=str(code),
        form="J1939 parameter and failure mode",
        meaning=entry.meaning if entry else None,
        source=Source.OURS if entry else Source.FORM,
        severity=severity_of(entry.severity, code.fmi) if entry else None,
        component=entry.component if entry else None,
        failure=FAILURE_MODES[code.fmi],
        unit=entry.note if entry else "",
    )


def _parameter(spn: int | None) -> Entry | None:
    if spn is None:
        return None
    if spn in _ADDRESSES:
        return Entry(f"control unit at source address {spn - _ADDRESSES.start}", "warning", "network")
    return spns().get(spn)
