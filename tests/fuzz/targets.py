"""Every target: from bytes to nothing; it raises only when what was fuzzed broke a promise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from tests.fuzz.answers import answer_anything
from tests.fuzz.blocks import take_any_block
from tests.fuzz.databases import read_any_database
from tests.fuzz.decoding import decode_anything
from tests.fuzz.kept_ones import load_anything_kept
from tests.fuzz.logs import read_any_log
from tests.fuzz.long_messages import hear_anything
from tests.fuzz.mappings import load_any_mapping
from tests.fuzz.other_logs import read_any_other_log
from tests.fuzz.overlays import read_any_overlay
from tests.fuzz.routing import route_anything
from tests.fuzz.rules import judge_by_any_rule
from tests.fuzz.tables import read_any_table


@dataclass(frozen=True, slots=True)
class Target:
    """One promise that any bytes are tried on."""

    check: Callable[[bytes], None]
    share: int
    """Of the inputs of a run, in thousandths."""
    bytes_max: int
    """Of an input."""
    needs: str = ""
    """A module that takes seconds to import, with which no input is to be charged."""


TARGETS: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "logs": Target(read_any_log, 100, 400),
        "other_logs": Target(read_any_other_log, 50, 200, needs="edge.bus.pythoncan_text"),
        "long_messages": Target(hear_anything, 230, 400),
        "answers": Target(answer_anything, 30, 400),
        "databases": Target(read_any_database, 130, 600),
        "decoding": Target(decode_anything, 50, 400),
        "mappings": Target(load_any_mapping, 150, 300),
        "overlays": Target(read_any_overlay, 80, 300),
        "routing": Target(route_anything, 80, 60),
        "tables": Target(read_any_table, 30, 400),
        "rules": Target(judge_by_any_rule, 60, 300, needs="edge.detect.rules.grammar"),
        "blocks": Target(take_any_block, 20, 300),
        "kept_ones": Target(load_anything_kept, 10, 400),
    }
)
"""By name, in the order in which they run: what takes longest first."""
