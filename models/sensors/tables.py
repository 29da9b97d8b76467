"""Tables for people: the card of a package of virtual sensors."""

from edge.detect.sensors.card import SensorsCard


def sensors_text(card: SensorsCard) -> str:
    """A card for people."""
    learned = f"Learned from: {card.origin}"
    if {"hours", "trips"} <= card.training.keys():
        learned += f" ({card.training['hours']:g} h in {card.training['trips']} drives)"
    lines = [f"# {card.name}", "", card.description, "", f"Licence: {card.licence}", learned, ""]
    lines += ["| channel | unit | typical error on drives not seen | spread |", "| --- | --- | --- | --- |"]
    errors = card.training.get("error", {})
    for channel, lie in zip(card.plan.channels, card.trained, strict=True):
        lines.append(f"| {channel.name} | {channel.unit} | {errors.get(channel.name, '-')} | {lie.spread:.4g} |")
    hours = sum(card.hours.model_dump().values())
    lines += ["", f"On a vehicle: {hours:g} h of its own healthy driving before it is armed, then at most "]
    lines[-1] += f"{card.false_per_hour:g} false alarms an hour are aimed at."
    remarks = card.training.get("remarks", [])
    if remarks:
        lines += ["", "Of the drives that it was to learn from:", ""]
        lines += [
            f"- {one['drive']}, {one['channel']}: {one['told']} ({one['rows']} s, {one['fate']})" for one in remarks
        ]
    return "\n".join(lines) + "\n"
