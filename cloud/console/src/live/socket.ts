import type { Told } from "../api/types";

/** What this page wants to hear beside the alerts. */
export interface Wanted {
  fleet?: string;
  vehicle?: string;
  signals?: readonly string[];
}

/** "off": the line was cut and is tried again. */
export type Line = "connecting" | "on" | "off";

/** What the socket needs of the world; a test gives its own. */
export interface World {
  open(url: string, protocols: string[]): WebSocket;
  token(): string | null;
  renew(): Promise<boolean>;
  end(): void;
  after(delayMs: number, act: () => void): () => void;
  /** From 0 to 1, so that not all come back at once. */
  random(): number;
}

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** The cloud says something every 20 s; twice as much silence is a dead line. */
export const SILENCE_MS = 45_000;
const PATH = "/api/v1/live";

/** The one WebSocket of this tab: connected while anybody listens, resumed by cursor after a cut. */
export class Live {
  line: Line = "off";
  private socket: WebSocket | null = null;
  private listeners = new Set<(told: Told) => void>();
  private watchers = new Set<() => void>();
  private wanted: Wanted = {};
  private cursor: string | null = null;
  private failures = 0;
  private forgetRetry: () => void = () => undefined;
  private forgetSilence: () => void = () => undefined;

  constructor(private readonly world: World) {}

  /** Hear everything that is told, until the returned function is called. */
  listen(listener: (told: Told) => void): () => void {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.connect();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.hangUp();
    };
  }

  /** Be told whenever `line` changes. */
  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** Want something else from now on; what came meanwhile is not missed. */
  want(wanted: Wanted): void {
    if (JSON.stringify(wanted) === JSON.stringify(this.wanted)) return;
    this.wanted = wanted;
    if (this.listeners.size > 0) this.connect();
  }

  /** Nobody listens any more, or nobody is signed in: begin anew with the next one. */
  hangUp(): void {
    this.drop();
    this.cursor = null;
    this.failures = 0;
    this.say("off");
  }

  private connect(): void {
    this.drop();
    const token = this.world.token();
    if (token === null) return;
    this.say("connecting");
    const socket = this.world.open(this.url(), ["telltale.v1", `bearer.${token}`]);
    this.socket = socket;
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (this.socket === socket) this.hear(message.data);
    };
    socket.onclose = (closed: CloseEvent) => {
      if (this.socket === socket) this.cut(closed.code);
    };
    this.expectWord();
  }

  private url(): string {
    const { fleet, vehicle, signals = [] } = this.wanted;
    const asked = { fleet, vehicle, signals: signals.join(","), after: this.cursor };
    const query = Object.entries(asked).filter((one): one is [string, string] => typeof one[1] === "string" && one[1] !== "");
    const here = new URL(PATH, location.href);
    here.protocol = here.protocol === "https:" ? "wss:" : "ws:";
    here.search = new URLSearchParams(query).toString();
    return here.href;
  }

  private hear(text: unknown): void {
    const told = understood(text);
    if (told === null) return;
    this.cursor = told.cursor;
    this.failures = 0;
    this.say("on");
    this.expectWord();
    for (const listener of [...this.listeners]) listener(told);
  }

  private cut(code: number): void {
    this.drop();
    this.say("off");
    if (code === 4403) return;
    if (code === 4422) this.cursor = null;
    const longest = Math.min(FIRST_MS * 2 ** this.failures, LONGEST_MS);
    this.failures += 1;
    this.forgetRetry = this.world.after(longest * (0.5 + this.world.random() / 2), () => {
      if (code === 4401) void this.reenter();
      else this.connect();
    });
  }

  /** The token has run out: with the next one, or not at all. */
  private async reenter(): Promise<void> {
    try {
      if (!(await this.world.renew())) this.world.end();
      else if (this.listeners.size > 0) this.connect();
    } catch {
      this.cut(1006);
    }
  }

  private expectWord(): void {
    this.forgetSilence();
    this.forgetSilence = this.world.after(SILENCE_MS, () => this.cut(1006));
  }

  private drop(): void {
    this.forgetRetry();
    this.forgetSilence();
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private say(line: Line): void {
    if (line === this.line) return;
    this.line = line;
    for (const watcher of this.watchers) watcher();
  }
}

/** A message, or null for what is none: a newer cloud may tell more than this page knows. */
export function understood(text: unknown): Told | null {
  if (typeof text !== "string") return null;
  try {
    const told = JSON.parse(text) as Partial<Told> | null;
    const isKnown = ["alert", "signals", "skipped", "alive"].includes(told?.kind ?? "");
    return isKnown && typeof told?.cursor === "string" ? (told as Told) : null;
  } catch {
    return null;
  }
}
