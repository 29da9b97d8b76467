"""What is suggested, for a terminal: a summary that fits on a screen, then tables; and for a program: all of it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from edge.suggest.evidence import Test
from edge.suggest.fit import Fit, Match, Verdict
from edge.suggest.suggestion import Bus, Suggestion
from edge.suggest.unknown import Portrait

FITS_SHOWN: Final = 6
UNKNOWN_SHOWN: Final = 25
UNREAD_SHOWN: Final = 10
MATCHES_SHOWN: Final = 12
HINTS_SHOWN: Final = 3


def text_of(suggestion: Suggestion) -> str:
    """For a person."""
    lines = [line for bus in suggestion.buses for line in _summary(bus, suggestion.databases)]
    for bus in suggestion.buses:
        lines += [*_objections(bus), *_unknown(bus)]
    return "\n".join([*lines, *_left_out(suggestion)]) + "\n"


def _summary(bus: Bus, databases: int) -> Iterator[str]:
    yield f"{bus.name}: {bus.frames:,} frames of {len(bus.heard)} ids in {bus.span_s:,.1f} s"
    for one in bus.protocols:
        yield f"  speaks {one.protocol}: {one.frames:,} frames; {one.why}"
    yield _advice(bus, databases)
    judged = [one for one in bus.fits if one.matches]
    if judged:
        yield (
            f"  {'score':>5}  {'verdict':<24}{'messages: heard':>15} {'for':>4} {'against':>7} {'by chance':>9} "
            f"{'frames':>7}  database"
        )
    yield from map(_row(bus), judged[:FITS_SHOWN])
    if in_parts := [one.file.name for one in bus.fits if one.in_parts]:
        yield f"         not judged, longer than a frame: messages of {', '.join(in_parts[:FITS_SHOWN])}"
    left = len(bus.fits) - len(judged[:FITS_SHOWN])
    if left:
        yield f"         {left} more have an id of this bus; --json has them all"
    yield ""


def _advice(bus: Bus, databases: int) -> str:
    """What to take."""
    if not bus.chosen:
        maybe = [one.file.name for one in bus.fits if one.verdict is Verdict.TOO_LITTLE and one.sureness >= 0.5]
        hint = f"; too little was heard to be sure of {', '.join(maybe[:3])}" if maybe else ""
        return f"  take: none of {databases} databases fits{hint}"
    parts = [
        f"{one.fit.file.name} ({'+' if place else ''}{one.share:.1%} of the frames, {len(one.adds)} messages)"
        for place, one in enumerate(bus.chosen)
    ]
    return f"  take: {', then '.join(parts)}"


def _row(bus: Bus) -> Any:
    def row(one: Fit) -> str:
        return (
            f"  {one.score:>5}  {one.verdict:<24}{len(one.matches):>15} {one.speak_for:>4} {one.speak_against:>7} "
            f"{one.by_chance:>9.1f} {one.frames / bus.frames:>7.1%}  {one.file.name}"
        )

    return row


def _objections(bus: Bus) -> Iterator[str]:
    """Messages of chosen databases that the frames speak against, and what of them."""
    for chosen in bus.chosen:
        doubtful = sorted((one for one in chosen.fit.matches if one.speaks_against), key=lambda one: one.weight)
        if doubtful:
            yield f"{bus.name}: {chosen.fit.file.name} has {len(doubtful)} messages that do not look like theirs"
            yield from (
                f"  {one.heard.name:>8}  {one.message.name:<32} {', '.join(one.objections)}"
                for one in doubtful[:MATCHES_SHOWN]
            )
            if len(doubtful) > MATCHES_SHOWN:
                yield f"  {len(doubtful) - MATCHES_SHOWN} more; --json has them all"
            yield ""


def _unknown(bus: Bus) -> Iterator[str]:
    if not bus.unknown:
        return
    share = sum(one.share for one in bus.unknown)
    yield f"{bus.name}: nobody understands {len(bus.unknown)} ids, {share:.1%} of the frames"
    yield f"  {'id':>8} {'frames':>8} {'share':>6} {'comes':>12} {'bytes':>5}  {'bits that change':<17} looks like"
    yield from map(_unknown_row, bus.unknown[:UNKNOWN_SHOWN])
    if len(bus.unknown) > UNKNOWN_SHOWN:
        yield f"  {len(bus.unknown) - UNKNOWN_SHOWN} more; --json has them all"
    yield ""


def _unknown_row(one: Portrait) -> str:
    lengths = "-".join(map(str, sorted({min(one.heard.lengths), max(one.heard.lengths)})))
    changing = one.changing.tobytes().hex() if one.changing.any() else "none"
    changing = changing if len(changing) <= 16 else f"{changing[:15]}…"
    hints = _hints(one)
    more = f"; {len(hints) - HINTS_SHOWN} more" if len(hints) > HINTS_SHOWN else ""
    return (
        f"  {one.heard.name:>8} {one.heard.frames:>8,} {one.share:>6.1%} {_rhythm(one):>12} {lengths:>5}  "
        f"{changing:<17} {'; '.join(hints[:HINTS_SHOWN])}{more}"
    )


def _rhythm(one: Portrait) -> str:
    if one.period_s is None or one.mean_s is None:
        return "seldom"
    if not one.period_s:
        return f"~{one.mean_s * 1000:.4g} ms"
    return f"{one.period_s * 1000:.4g} ms" if one.is_cyclic else "irregularly"


def _hints(one: Portrait) -> list[str]:
    hints = ["ISO-TP"] if one.is_isotp else []
    hints += [f'text "{one.text}"'] if one.text else []
    hints += [f"counter or selector: {field.text}" for field in one.counters]
    if one.checksum is not None:
        kind, constant = one.checksum.kind, one.checksum.constant
        hints.append(f"checksum: byte {one.checksum.byte} ({kind}{f' + {constant:02X}' if constant else ''})")
    return hints + [f"quantity {field.low}…{field.high}: {field.text}" for field in one.quantities]


def _left_out(suggestion: Suggestion) -> Iterator[str]:
    """What was not read, and not looked at."""
    for one in suggestion.unread[:UNREAD_SHOWN]:
        yield f"not read: {one.reason}"
    if len(suggestion.unread) > UNREAD_SHOWN:
        yield f"not read: {len(suggestion.unread) - UNREAD_SHOWN} more; --json has them all"
    left = {name: count for name, count in suggestion.counters.items() if count and name != "frames"}
    if left:
        yield f"not looked at: {', '.join(f'{name} {count:,}' for name, count in left.items())}"


def json_of(suggestion: Suggestion) -> str:
    """For a program."""
    told = {
        "log": suggestion.log,
        "counters": dict(suggestion.counters),
        "databases": suggestion.databases,
        "buses": [_bus(one) for one in suggestion.buses],
        "unread": [{"file": str(one.file), "reason": one.reason} for one in suggestion.unread],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _bus(bus: Bus) -> dict[str, Any]:
    return {
        "bus": bus.name,
        "frames": bus.frames,
        "ids": len(bus.heard),
        "span_s": round(bus.span_s, 6),
        "protocols": [{"protocol": one.protocol, "frames": one.frames, "why": one.why} for one in bus.protocols],
        "take": [
            {"file": str(one.fit.file), "messages": len(one.adds), "share": round(one.share, 6)} for one in bus.chosen
        ],
        "databases": [_fit(one, bus) for one in bus.fits],
        "unknown": [_portrait(one) for one in bus.unknown],
    }


def _fit(one: Fit, bus: Bus) -> dict[str, Any]:
    return {
        "file": str(one.file),
        "verdict": str(one.verdict),
        "score": one.score,
        "evidence_bits": round(one.evidence, 2),
        "needed_bits": round(one.needed, 2),
        "share_right": round(one.share, 3),
        "ids": one.ids,
        "share_of_frames": round(one.frames / bus.frames, 6),
        "speak_for": one.speak_for,
        "speak_against": one.speak_against,
        "for_by_chance": round(one.by_chance, 2),
        "longer_than_a_frame": one.in_parts,
        "needs_protocol_j1939": one.candidate.is_taken_for_j1939,
        "messages": [_match(match) for match in one.matches],
    }


def _match(one: Match) -> dict[str, Any]:
    agreement = zip(Test, one.agreement.tolist(), one.bits.tolist(), strict=True)
    return {
        "id": one.heard.name,
        "message": one.message.name,
        "frames": one.heard.frames,
        "weight_bits": round(one.weight, 2),
        "probability": round(one.probability, 4),
        "tests": {
            test.name.lower(): {"agreement": round(share, 3), "bits": round(bits, 2)}
            for test, share, bits in agreement
            if share == share  # noqa: PLR0124  # not a number: the test has nothing to say
        },
    }


def _portrait(one: Portrait) -> dict[str, Any]:
    fields: Sequence[tuple[str, Any]] = (("counters", one.counters), ("quantities", one.quantities))
    return {
        "id": one.heard.name,
        "frames": one.heard.frames,
        "share": round(one.share, 6),
        "period_s": one.period_s,
        "mean_s": one.mean_s,
        "spread_s": one.spread_s,
        "cyclic": one.is_cyclic,
        "lengths": {str(length): count for length, count in one.heard.lengths.items()},
        "looked_at": len(one.heard.number),
        "changing_bits": one.changing.tobytes().hex(),
        **{
            name: [
                {
                    "begin": field.begin,
                    "bits": field.bits,
                    "big_endian": field.big,
                    "low": field.low,
                    "high": field.high,
                }
                for field in some
            ]
            for name, some in fields
        },
        "checksum": None
        if one.checksum is None
        else {"byte": one.checksum.byte, "kind": one.checksum.kind, "constant": one.checksum.constant},
        "text": one.text,
        "isotp": one.is_isotp,
    }
