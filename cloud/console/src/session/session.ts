import { offline, problemOf } from "../api/problem";
import type { Forms } from "../api/types";

const TYPED = "telltale.token";
const HINT = "telltale.signed-in";
const HEADERS = { "Content-Type": "application/json", Accept: "application/json" };

/** Whether somebody is signed in; "asking": the cookie is tried; "ended": they were, and the cloud does not know them any more. */
export type Standing = "asking" | "in" | "out" | "ended";

/** What a session needs of the browser; a test gives its own. */
export interface Browser {
  /** Of this tab: a token that somebody typed in. */
  tab: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** Of all tabs: only whether a cookie is worth trying. */
  shared: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** One tab at a time, since a refresh token works once. */
  alone: (act: () => Promise<boolean>) => Promise<boolean>;
}

/**
 * Who is signed in. The access token is in memory alone; the refresh token is in a cookie that no script can read, so a
 * reload and other tabs are signed in as well.
 */
export class Session {
  private access: string | null;
  private isTyped: boolean;
  private listeners = new Set<() => void>();
  private renewing: Promise<boolean> | null = null;
  standing: Standing;

  constructor(private readonly browser: Browser) {
    this.access = browser.tab.getItem(TYPED);
    this.isTyped = this.access !== null;
    this.standing = this.isTyped ? "in" : browser.shared.getItem(HINT) === null ? "out" : "asking";
  }

  token(): string | null {
    return this.access;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** With login and password. Throws a Problem. */
  async signIn(login: string, password: string): Promise<void> {
    const answer = await send("/api/v1/session", { login, password, cookie: true });
    if (!answer.ok) throw await problemOf(answer);
    await this.take(answer);
  }

  /** With a token that somebody has: an API key, or the one that `serve` printed. It is forgotten with the tab. */
  useToken(token: string): void {
    this.access = token;
    this.isTyped = true;
    this.browser.tab.setItem(TYPED, token);
    this.say("in");
  }

  /** Get the next access token; false: there is none. However many ask at once, the cookie is shown once. */
  renew(): Promise<boolean> {
    if (this.isTyped) return Promise.resolve(false);
    this.renewing ??= this.browser.alone(() => this.renewNow()).finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  /** Whether the cookie of an earlier visit still lets somebody in. Throws a Problem where the cloud is away. */
  async begin(): Promise<void> {
    if (!(await this.renew())) this.end();
  }

  private async renewNow(): Promise<boolean> {
    const answer = await send("/api/v1/session/refresh", {});
    if (answer.status === 401 || answer.status === 403) return false;
    if (!answer.ok) throw await problemOf(answer);
    await this.take(answer);
    return true;
  }

  /** The cloud knows nobody by this token any more. */
  end(): void {
    if (this.standing !== "out") this.forget("ended");
  }

  /** Another tab has signed out. */
  left(): void {
    if (!this.isTyped) this.forget("out");
  }

  /** Sign out, here at once and at the cloud as soon as it hears of it. */
  async signOut(): Promise<void> {
    const hadCookie = !this.isTyped;
    this.forget("out");
    if (hadCookie) await send("/api/v1/session/end", {}).catch(() => undefined);
  }

  private async take(answer: Response): Promise<void> {
    this.access = ((await answer.json()) as Forms["PairForm"]).access_token;
    this.browser.shared.setItem(HINT, "yes");
    this.say("in");
  }

  private forget(standing: Standing): void {
    this.access = null;
    this.browser.tab.removeItem(TYPED);
    if (!this.isTyped) this.browser.shared.removeItem(HINT);
    this.isTyped = false;
    this.say(standing);
  }

  private say(standing: Standing): void {
    this.standing = standing;
    for (const listener of this.listeners) listener();
  }
}

async function send(path: string, body: unknown): Promise<Response> {
  try {
    return await fetch(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body), credentials: "same-origin" });
  } catch {
    throw offline();
  }
}

/** Locks are there on HTTPS and on this machine only; elsewhere the cloud forgives a repetition within half a minute. */
const locks = (navigator as { locks?: LockManager }).locks;

/** This tab's. */
export const session = new Session({
  tab: sessionStorage,
  shared: localStorage,
  alone: async (act) => (locks === undefined ? act() : await locks.request("telltale.renew", act)),
});

addEventListener("storage", (changed: StorageEvent) => {
  if (changed.key === HINT && changed.newValue === null) session.left();
});
