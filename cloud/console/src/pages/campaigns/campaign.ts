import type { Forms } from "../../api/types";
import { amount, figure } from "../../i18n/say";
import { t } from "../../i18n/t";

export type Campaign = Forms["CampaignForm"];
export type Doing = Forms["DoingForm"];
export type Window = Forms["WindowForm"];
type Standing = Forms["cloud__campaigns__model__Standing"];
type Frame = Forms["FrameId"];

const TONES: Record<Standing, string> = { asked: "quiet", waiting: "quiet", running: "good", spent: "accent", over: "quiet", refused: "warning" };
const ORDER = Object.keys(TONES) as Standing[];
const MEGABYTE = 1_000_000;
const DAY_MS = 86_400_000;
const HOUR_S = 3600;
const HOUR_MS = 3_600_000;
const MINUTE_S = 60;
const SHORT_MAX = 0x7ff;
const LONG_MAX = 0x1fffffff;
/** With so many digits an id is one of 29 bits, as candump writes it. */
const LONG_DIGITS = 8;

export const toneOf = (standing: Standing): string => TONES[standing];

/** How many vehicles stand how, those that need nobody first. */
export const counted = (campaign: Campaign): [Standing, number][] =>
  ORDER.flatMap((one): [Standing, number][] => (campaign.standings[one] === undefined ? [] : [[one, campaign.standings[one]]]));

export const campaignPath = (of: Pick<Campaign, "fleet" | "id">): string => `/campaigns/${encodeURIComponent(of.fleet)}/${encodeURIComponent(of.id)}`;

/** A time as somebody set it, to the last second. */
function exactly(seconds: number): string {
  if (seconds === 0 || seconds % MINUTE_S !== 0) return amount(seconds, "s", 3);
  return seconds % HOUR_S === 0 ? amount(seconds / HOUR_S, "h") : amount(seconds / MINUTE_S, "min");
}

/** What it collects, in a few words. */
export const whatOf = ({ signals, frames }: Campaign): string => (frames.length > 0 ? t.campaigns.framesOf(frames.length) : t.campaigns.signalsOf(signals.length));

/** What sets a window off. */
export const whenOf = ({ trigger }: Campaign): string => (trigger.kind === "time" ? t.campaigns.every(exactly(trigger.every_s)) : trigger.when);

/** From when to when a window is. */
export const spanOf = ({ before_s, after_s }: Campaign): string => t.campaigns.spanOf(exactly(before_s), exactly(after_s));

/** So much comes of each, at most. */
export const rateOf = ({ rate_hz }: Campaign): string => (rate_hz === null ? t.campaigns.everything : t.campaigns.rateOf(figure(rate_hz)));

/** A number of bytes as people read it. */
export function bytesOf(bytes: number): string {
  if (bytes < 1000) return amount(bytes, "B", 0);
  return bytes < MEGABYTE ? amount(bytes / 1000, "kB") : amount(bytes / MEGABYTE, "MB");
}

/** An id as candump writes it; its bus before it. */
export const frameOf = ({ id, extended, bus }: Frame): string =>
  [bus ?? "", id.toString(16).toUpperCase().padStart(extended ? LONG_DIGITS : 3, "0")].join(" ").trim();

/** The frames of a text, an id a line; a line that is none is given back instead. */
export function framesOf(text: string): { frames: Frame[] } | { bad: string } {
  const frames: Frame[] = [];
  for (const line of lines(text)) {
    const [, bus, digits = ""] = /^(?:(\S+)\s+)?(?:0x)?([0-9a-f]{1,8})$/i.exec(line) ?? [];
    const id = Number.parseInt(digits, 16);
    const extended = digits.length === LONG_DIGITS || id > SHORT_MAX;
    if (digits === "" || id > LONG_MAX) return { bad: line };
    frames.push({ id, extended, bus: bus ?? null });
  }
  return { frames };
}

/** What stands in the lines of a text, or between its commas. */
export const lines = (text: string): string[] => text.split(/[\n,]/).map((one) => one.trim()).filter(Boolean);

/** What somebody has typed in. */
export interface Draft {
  name: string;
  vehicles: string;
  what: "signals" | "frames";
  signals: string;
  frames: string;
  trigger: "condition" | "time";
  when: string;
  everyS: string;
  beforeS: string;
  afterS: string;
  rateHz: string;
  /** Hours until it begins. */
  startsInH: string;
  /** From then on. */
  days: string;
  megabytes: string;
  priority: string;
}

export const EMPTY: Draft = {
  name: "", vehicles: "", what: "signals", signals: "", frames: "", trigger: "condition", when: "", everyS: "600", beforeS: "10", afterS: "20", rateHz: "", startsInH: "0", days: "7", megabytes: "1", priority: "5",
};

/** What is sent for a draft; a line that is no id is given back instead. */
export function wishOf(draft: Draft, id: string, now: number): { wish: Forms["CampaignWish"] } | { bad: string } {
  const found = draft.what === "frames" ? framesOf(draft.frames) : { frames: [] };
  if ("bad" in found) return found;
  const vehicles = lines(draft.vehicles);
  const waitMs = Number(draft.startsInH) * HOUR_MS;
  return {
    wish: {
      id,
      name: draft.name,
      vehicles: vehicles.length === 0 ? null : vehicles,
      signals: draft.what === "signals" ? lines(draft.signals) : [],
      frames: found.frames,
      trigger: draft.trigger === "time" ? { kind: "time", every_s: Number(draft.everyS) } : { kind: "condition", when: draft.when },
      before_s: Number(draft.beforeS),
      after_s: Number(draft.afterS),
      rate_hz: draft.rateHz === "" ? null : Number(draft.rateHz),
      starts_at: waitMs > 0 ? new Date(now + waitMs).toISOString() : null,
      expires_at: new Date(now + waitMs + Number(draft.days) * DAY_MS).toISOString(),
      priority: Number(draft.priority),
      bytes_a_day: Math.round(Number(draft.megabytes) * MEGABYTE),
    },
  };
}

/** How a window is saved: what is in it as its own tools read it. */
export const endingOf = ({ format }: Pick<Window, "format">): "log" | "csv" => (format.startsWith("frames/") ? "log" : "csv");

/** What a window has so many of. */
export const rowsOf = ({ format, rows }: Window): string => {
  const kind = format.startsWith("frames/") ? "frames" : format.startsWith("samples/") ? "samples" : "other";
  return amount(rows, t.campaigns.rows[kind], 0);
};
