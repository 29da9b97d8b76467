"""Whether a text is about another vehicle than the one that is spoken of, by rule. Pure.

Another's vehicle is told by its name or plate, by whose it is (*my brother's van*, *her car*, *the car of a friend*),
or by being one of several (*the other trucks*, *every vehicle*). Nobody looks whether there is such a one.
"""

import re
from typing import Final

from edge.wire.topics import Address

_NAMED: Final = re.compile(r"\b(?:fleet\s+[a-z0-9._-]+|[a-z]+[a-z0-9_.]*-\d+[a-z0-9]*)\b", re.IGNORECASE)
_PLATE: Final = re.compile(r"\b(?:[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{1,4}[EH]?|[A-Z]{2}\d{2} ?[A-Z]{3})\b")
"""As in Germany and in Great Britain; in capitals, since *van is 5* is none."""
_ONE: Final = r"(?:car|van|truck|lorry|bus|coach|taxi|cab|vehicle|pickup|automobile|motorbike|motorcycle)"
_MANY: Final = r"(?:(?:car|van|truck|coach|taxi|cab|vehicle|pickup|automobile|motorbike|motorcycle)s|lorries|buses)"
_ANY: Final = rf"(?:{_ONE}|{_MANY})\b"
_PART: Final = r"(?:batter(?:y|ies)|brakes?|engine|motor|tyres?|tires?|appointment|booking)\b"
_PERSON: Final = (
    r"(?:neighbou?r|friend|mate|buddy|flatmate|roommate|brother|sister|sibling|mother|mum|mom|father|dad|parent|son|"
    r"daughter|child|kid|uncle|aunt|cousin|nephew|niece|grandm(?:other|a)|grandfather|grandpa|wife|husband|partner|"
    r"girlfriend|boyfriend|fianc[eé]e?|boss|chief|manager|colleague|co-?worker|employee|employer|teacher|landlord|tenant|"
    r"customer|client|guest|competitor|owner)"
)
_BETWEEN: Final = r"(?:(?!(?:the|my|our|this|that|an?|it)\b|\w+ing\b)\w+\s+)"
"""A word such as *old* between whose and what; not the beginning of something else, as *my wife's driving the van*."""
_NO_OWNERS: Final = (
    r"(?!(?:it|that|this|what|who|where|there|here|how|when|why|let|today|tomorrow|yesterday|week|month|everything|"
    rf"something|anything|nothing|all|{_ONE})')"
)
_OWNERS: Final = rf"(?:(?:my|the|an?|our|his|her|some|one)\s+)+{_BETWEEN}?{_PERSON}s?\b"
_OTHERS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_NO_OWNERS}\w+(?:'s|s')\s+{_BETWEEN}{{0,2}}{_ANY}",
        rf"\b{_PERSON}s\s+{_ANY}",
        rf"\b(?:his|her)\s+{_BETWEEN}{{0,2}}(?:{_ANY}|{_PART})",
        rf"\btheir\s+{_BETWEEN}{{0,2}}{_ANY}",
        rf"\b{_ANY}\s+(?:of|belonging to|that belongs to|owned by)\s+{_OWNERS}",
        rf"\b(?:another|other|somebody else's|someone else's|(?:my|our|the)\s+(?:second|third))\s+{_BETWEEN}?{_ANY}",
        rf"\b(?:all|which|every|each)\s+(?:of\s+)?(?:the\s+|my\s+|our\s+)?{_BETWEEN}?{_MANY}\b",
        rf"\b(?:every|each)\s+{_BETWEEN}?{_ANY}",
        r"\b(?:plate|registration|vin)\b\W+(?:\w+\W+)?(?=[a-z]*\d)\w+",
    )
)


def names_another(text: str, address: Address) -> bool:
    """Whether a text is about another vehicle or fleet than this conversation, be there one of that name or not."""
    own = {address.vehicle.casefold(), f"fleet {address.fleet.casefold()}"}
    named = [found[0] for pattern in (_NAMED, _PLATE) for found in pattern.finditer(text)]
    names = (" ".join(name.casefold().split()).rstrip(".") for name in named)
    if any(name not in own and not _is_no_vehicle(name) for name in names):
        return True
    said = text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return any(pattern.search(said) for pattern in _OTHERS)


def _is_no_vehicle(name: str) -> bool:
    """`e-10`, `covid-19` cannot be told from a vehicle's name; a code such as p-0420 can."""
    return re.fullmatch(r"[pbcu]-[0-3][0-9a-f]{3}", name) is not None
