import type { Forms } from "../../api/types";
import { amount, moment } from "../../i18n/say";
import { t } from "../../i18n/t";

export type Bundle = Forms["BundleForm"];
export type Rollout = Forms["RolloutForm"];
export type Member = Forms["MemberForm"];
export type Standing = Member["standing"];
type Step = Forms["UpdateStep"];

const TONES: Record<Standing, string> = {
  held: "quiet",
  due: "quiet",
  given: "accent",
  fetching: "accent",
  trying: "warning",
  kept: "good",
  refused: "critical",
  rolled_back: "critical",
  left_out: "quiet",
  replaced: "quiet",
};
/** As a rollout goes, from those that wait to those that are done. */
const ORDER = Object.keys(TONES) as Standing[];

export const standingTone = (of: Standing): string => TONES[of];
export const stepTone = (of: Step): string => TONES[of];
export const rolloutTone = (of: Rollout["state"]): string => ({ first: "accent", all: "good", stopped: "critical" })[of];

/** Whether a person can still stop it: somebody waits, or may come. */
export const waits = (of: Pick<Rollout, "state" | "vehicles" | "newcomers">): boolean => of.newcomers || (of.state !== "stopped" && (of.vehicles.held ?? 0) + (of.vehicles.due ?? 0) > 0);

/** How many vehicles stand how, in the order in which it goes. */
export const progress = (of: Pick<Rollout, "vehicles">): string =>
  ORDER.flatMap((one) => (of.vehicles[one] === undefined ? [] : [t.bundle.count(of.vehicles[one], t.say.standing[one])])).join(" · ");

/** What a bundle is called; one that is not kept here any more has only its number. */
export const titleOf = (of: { bundle: string | null; name: string | null }): string => of.bundle === null ? t.bundle.noBundle : (of.name ?? t.bundle.gone(of.bundle.slice(0, 8)));

/** A bundle on a vehicle, since when; or what there is to say where nothing is known. */
export const running = (of: Forms["RunningForm"] | null, unknown: string): string => (of === null ? unknown : t.bundle.since(titleOf(of), moment(of.at)));

const KILO = 1024;

/** How large something is. */
export const bytes = (size: number): string => (size < KILO ? amount(size, "B") : size < KILO * KILO ? amount(size / KILO, "KiB") : amount(size / KILO / KILO, "MiB"));

/** Names that somebody wrote, divided by anything that no name has in it. */
export const namesIn = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter((name) => name !== ""))];

export const rolloutPath = (of: Pick<Rollout, "fleet" | "number">): string => `/bundles/rollouts/${encodeURIComponent(of.fleet)}/${of.number}`;
