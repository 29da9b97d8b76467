"""All tools by name, each with its permission: what a language model may call is exactly this."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloud.chat import charts, looks, repairs
from cloud.chat.tools import Nothing, OfComponent, OfSignal, OfTerm, OfWork, Tool
from cloud.security.roles import Permission

_P = Permission
_ALL: Final = (
    Tool("vehicle", _P.SEE_VEHICLES, "The vehicle, whether it is heard, and when last.", Nothing, looks.vehicle),
    Tool(
        "health", _P.SEE_HEALTH, "The score of each component, with reasons and remaining life.", Nothing, looks.health
    ),
    Tool("alerts", _P.SEE_ALERTS, "The open warnings with advice, the most urgent first.", Nothing, looks.alerts),
    Tool("codes", _P.SEE_HEALTH, "The trouble codes that are stored.", Nothing, looks.codes),
    Tool("diagnosis", _P.SEE_HEALTH, "Likely causes of trouble with a component.", OfComponent, looks.diagnosis),
    Tool("meaning", _P.SEE_HEALTH, "What a trouble code or a dashboard lamp means.", OfTerm, looks.meaning),
    Tool("case", _P.SEE_CASES, "What becomes of the trouble, and times that are offered.", Nothing, repairs.case),
    Tool("booking", _P.SEE_BOOKINGS, "The appointment at the workshop.", Nothing, repairs.booking),
    Tool("slots", _P.BOOK, "Times that can be had at workshops.", Nothing, repairs.slots),
    Tool("work", _P.SEE_CASES, "Minutes and value of parts of a repair; no price is known here.", OfWork, repairs.work),
    Tool("visit", _P.SEE_WORK, "What the workshop last said of its work.", Nothing, repairs.visit),
    Tool("chart", _P.SEE_DRIVES, "A signal over time.", OfSignal, charts.chart),
)
TOOLS: Final[Mapping[str, Tool]] = MappingProxyType({tool.name: tool for tool in _ALL})
