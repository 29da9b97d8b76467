"""`telltale-edge diagnose`: one look at a vehicle for whoever stands beside it."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Literal

from edge.diagnostics.clearing import Refused, listen
from edge.diagnostics.findings import Survey
from edge.diagnostics.opening import Asking, Way, open_way, surveyor_of
from edge.diagnostics.poller import Surveyor
from edge.diagnostics.showing import Explain, as_lines, as_values, not_understood


def diagnose(asking: Asking, how: Literal["obd", "j1939"], explain: Explain, *, as_json: bool) -> str:
    """Everything that the vehicle says of itself, for a person or a program; `explain`: in whose words.

    Raises:
        ConfigError: it is no bus, or cannot be opened here.
        BusDown: it is not there just now.
        Refused: nothing may be asked, or nobody answers.
    """
    with closing(open_way(asking)) as way:
        listen(way)
        surveyor = surveyor_of(way.askers, asking) if how == "obd" else way.heavy(asking.identity)
        survey = _looked(way, surveyor)
        counters = {**way.counters(), **surveyor.counters}
        if as_json:
            return _as_json(survey, way, counters, explain)
        lines = *as_lines(survey, explain), _taken(way), *not_understood(counters)
        return "".join(f"{line}\n" for line in lines)


def _looked(way: Way, surveyor: Surveyor) -> Survey:
    if not surveyor.discover():
        raise Refused(way.bad_install() or "nobody answers; a truck is asked with --ask j1939")
    identity, codes = surveyor.identity() or Survey(), surveyor.codes() or Survey()
    return replace(codes, vin=identity.vin, units=identity.units, refused={**identity.refused, **codes.refused})


def _as_json(survey: Survey, way: Way, counters: Mapping[str, int], explain: Explain) -> str:
    told = {
        **as_values(survey, explain),
        "granted_bits_per_s": way.budget().bits_per_s,
        "bits_in_a_second_at_most": way.budget().peak_bits,
        "counters": dict(counters),
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _taken(way: Way) -> str:
    share = 100.0 * way.budget().peak_bits / (way.budget().bits_per_s or 1)
    return f"we took at most {share:.0f} % of the {way.budget().bits_per_s:,} bit/s that are granted to us"
