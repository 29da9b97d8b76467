"""How what is in a window is written for who takes it along, part by part."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cloud.blocks.candump import candump_log, unsayable
from cloud.blocks.tables import can_write_parquet, columns_of, csv_table, parquet_pieces
from cloud.blocks.unpack import Content
from cloud.errors import Refused
from edge.wire.frame_block import Frames


@dataclass(frozen=True, slots=True)
class Writing:
    """One way to write what is in the parts of a window, as one file."""

    name: str
    """The file's ending."""
    media_type: str
    write: Callable[[Iterable[Content]], Iterator[bytes]]
    """The file, in pieces."""
    trouble: Callable[[Content], str]
    """Why what is in a part cannot be written so; "" where it can be."""
    works: Callable[[], bool] = lambda: True
    """Whether what it needs is installed."""

    def must_work(self) -> None:
        """Look whether it can be done here at all.

        Raises:
            Refused: a library is missing.
        """
        if not self.works():
            raise Refused(f".{self.name} needs telltale[parquet], which is not installed here. Ask for .csv")


def _log(contents: Iterable[Content]) -> Iterator[bytes]:
    for content in contents:
        if isinstance(content, Frames):
            yield candump_log(content)


def _not_in_a_log(content: Content) -> str:
    return unsayable(content) if isinstance(content, Frames) else "samples are no frames"


def _csv(contents: Iterable[Content]) -> Iterator[bytes]:
    is_first = True
    for content in contents:
        table = csv_table(columns_of(content))
        yield table if is_first else table.partition(b"\n")[2]
        is_first = False


def _parquet(contents: Iterable[Content]) -> Iterator[bytes]:
    return parquet_pieces(columns_of(content) for content in contents)


CANDUMP: Final = Writing("log", "text/plain; charset=utf-8", _log, _not_in_a_log)
CSV: Final = Writing("csv", "text/csv; charset=utf-8", _csv, lambda _: "")
PARQUET: Final = Writing("parquet", "application/vnd.apache.parquet", _parquet, lambda _: "", can_write_parquet)
