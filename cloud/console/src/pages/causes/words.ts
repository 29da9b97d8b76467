import type { Forms } from "../../api/types";
import { between, figure } from "../../i18n/say";
import { t } from "../../i18n/t";

export type Insight = Forms["InsightForm"];
export type Action = Forms["CapaForm"];
export type Check = Forms["cloud__api__capas__CheckForm"];
type Side = Forms["SideForm"];

/** What vehicles have in common: `part batch K-2531`. */
export const cohortName = (of: { attribute: Forms["Attribute"]; value: string }): string => `${t.say.attribute[of.attribute]} ${of.value}`;

/** A ratio with what the counts do not speak against; null: nothing to compare with. */
export function ratioText(ratio: number | null, interval: Forms["IntervalForm"] | null): string {
  const range = interval === null ? "" : ` (${between(interval.low, interval.high)})`;
  return `${ratio === null ? t.causes.noRatio : t.causes.times(figure(ratio))}${range}`;
}

/** How many of how many, over what. */
export const sideText = (side: Side, unit: Forms["Unit"]): string => t.causes.side(side.events, side.vehicles, `${figure(side.exposure)} ${t.say.unit[unit]}`);

/** Driven and watched so much is one unit of a rate that people can read. */
const PER: Record<Forms["Unit"], number> = { km: 100_000, days: 365 };

/** How often, for each 100,000 km or year; unknown where nothing was driven or watched. */
export function rateText(side: Side, unit: Forms["Unit"]): string {
  if (side.rate === null) return t.app.unknown;
  const per = PER[unit];
  const range = side.rate_interval === null ? "" : ` (${between(side.rate_interval.low * per, side.rate_interval.high === null ? null : side.rate_interval.high * per)})`;
  return `${figure(side.rate * per)}${range} ${t.causes.per[unit]}`;
}

/** The colour of an action's state. */
export const actionTone = (of: Pick<Action, "state" | "late">): string =>
  of.late ? "critical" : { open: "warning", done: "accent", verified: "good", ineffective: "critical", dropped: "quiet" }[of.state];

/** The colour of what the counts say of an action. */
export const effectTone = (of: Forms["Effect"]): string =>
  ({ helped: "good", worse: "critical", no_effect_seen: "warning", too_early: "quiet", not_done: "quiet" })[of];
