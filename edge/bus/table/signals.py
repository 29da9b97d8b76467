"""A table as a bus: each signal column is a message of its own, whose frames carry one float64."""

from collections.abc import Mapping

from edge.bus.table.layout import TableColumn, TableLayout, listed
from edge.decode.compile import Conversion, compiled
from edge.decode.database import Database
from edge.decode.layout import MessageLayout, Number, SignalLayout
from edge.signals import Signal

MESSAGE = "table"
"""What the message of a column is called that is a VSS path."""


def database_of(layout: TableLayout, known: Mapping[str, Signal]) -> Database:
    """What decodes the frames of the table: id 0 is its first signal, id 1 the second, all with 29 bits.

    `known`: signals of the vehicle's databases by path; they tell units and labels that the table does not.
    """
    messages = [
        MessageLayout(
            name=column.name,
            id=number,
            extended=True,
            length=8,
            signals=(SignalLayout(column.name, start=0, length=64, big=False, number=Number.FLOAT),),
        )
        for number, column in enumerate(layout.columns)
    ]
    tables, remarks = compiled(messages, [Conversion()] * len(messages))
    signals = tuple(_signal(column, known.get(column.path)) for column in layout.columns)
    return Database(layout.file, signals, tables, tuple(remarks), tuple(one.name for one in messages))


def notes_on_table(layout: TableLayout, known: Mapping[str, Signal]) -> list[str]:
    """What the installer should know of the table."""
    unsaid = [one.path for one in layout.columns if not one.unit_is_known and one.path not in known]
    notes = [*layout.notes]
    if unsaid:
        notes.append(f"{layout.file.name}: nobody says the unit of {listed(unsaid)} (a column map can)")
    return notes


def _signal(column: TableColumn, known: Signal | None) -> Signal:
    _, message, name = column.path.split(".", 2) if column.path.count(".") > 1 else ("", MESSAGE, column.name)
    is_mapped = column.path.startswith("Vehicle.")
    is_silent = known is not None and not column.unit_is_known
    return Signal(
        path=column.path,
        unit=known.unit if known is not None and is_silent else column.unit,
        message=MESSAGE if is_mapped else message,
        source_name=column.name if is_mapped else name,
        period_s=column.period_s if known is None or column.period_is_set else max(column.period_s, known.period_s),
        period_is_set=column.period_is_set,
        labels=known.labels if known is not None else {},
    )
