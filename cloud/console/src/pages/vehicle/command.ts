import type { Forms } from "../../api/types";
import { amount, words } from "../../i18n/say";
import { t } from "../../i18n/t";

export type Command = Forms["CommandForm"];
export type Name = Forms["CommandName"];

/** What is a button here; the others are asked through the API. */
export const BUTTONS = ["capture", "read_codes", "self_test"] as const satisfies readonly Name[];
/** Behaviour monitoring finds nothing odd in so much. */
const LOOK_MS = 30_000;
const LOOK_OPEN_MS = 10_000;
const VALUES_MAX = 6;
const ID_BYTES = 16;

const TONES: Record<Forms["CommandState"], string> = {
  waiting: "quiet",
  sent: "accent",
  done: "good",
  refused: "warning",
  failed: "critical",
  expired: "warning",
};

export const toneOf = (command: Command): string => TONES[command.state];

/** Whether its result is waited for. */
export const isOpen = (command: Command): boolean => command.state === "waiting" || command.state === "sent";

/** How soon to look again: what is open ends within minutes. */
export const lookMs = (last: { items: readonly Command[] } | null): number => (last?.items.some(isOpen) === true ? LOOK_OPEN_MS : LOOK_MS);

/** A new name for a wish: 32 hex digits. Browsers give it also where there is no HTTPS. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The names of wishes of which nobody knows whether they arrived: asked again, such a wish is the same command. */
export class Wishes {
  readonly #open = new Map<Name, string>();

  /** The name under which to ask for it now. */
  of(name: Name): string {
    const id = this.#open.get(name) ?? newId();
    this.#open.set(name, id);
    return id;
  }

  /** It arrived, or was refused: the next one is another. */
  answered(name: Name): void {
    this.#open.delete(name);
  }
}

const valueOf = (value: string | number | boolean | null): string => {
  if (value === null) return t.app.unknown;
  return typeof value === "number" ? amount(value, "") : String(value);
};

/** What it told, in one line, and never without end; empty: nothing. */
export function toldBy(command: Command): string {
  const told = Object.entries(command.values ?? {});
  const shown = told.slice(0, VALUES_MAX).map(([name, value]) => `${words(name)}: ${valueOf(value)}`);
  return [...shown, ...(told.length > VALUES_MAX ? [t.command.more(told.length - VALUES_MAX)] : [])].join(" · ");
}

/** Why it ended so, or what is waited for. */
export function whyOf(command: Command): string {
  if (command.reason !== "") return command.reason;
  return isOpen(command) ? t.command.meaning[command.state === "sent" ? "sent" : "waiting"] : "";
}
