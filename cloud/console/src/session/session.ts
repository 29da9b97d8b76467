import { offline, problemOf } from "../api/problem";
import type { Forms } from "../api/types";

const KEPT = "telltale.session";
const HEADERS = { "Content-Type": "application/json", Accept: "application/json" };

interface Kept {
  access: string;
  /** null: a token that somebody typed in, which is not renewed. */
  refresh: string | null;
}

/** Whether somebody is signed in; "ended": they were, and the cloud does not know them any more. */
export type Standing = "in" | "out" | "ended";

/** Who is signed in in this tab: two tokens, kept until the tab closes. A refresh token works once. */
export class Session {
  private kept: Kept | null;
  private listeners = new Set<() => void>();
  private renewing: Promise<boolean> | null = null;
  standing: Standing;

  constructor(private readonly shelf: Pick<Storage, "getItem" | "setItem" | "removeItem">) {
    this.kept = read(shelf.getItem(KEPT));
    this.standing = this.kept === null ? "out" : "in";
  }

  token(): string | null {
    return this.kept?.access ?? null;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** With login and password. Throws a Problem. */
  async signIn(login: string, password: string): Promise<void> {
    const answer = await send("/api/v1/session", { login, password });
    if (!answer.ok) throw await problemOf(answer);
    this.keep(of((await answer.json()) as Forms["PairForm"]), "in");
  }

  /** With a token that somebody has: an API key, or the one that `serve` printed. */
  useToken(token: string): void {
    this.keep({ access: token, refresh: null }, "in");
  }

  /** Get the next two tokens; false: there are none. However many ask at once, the token is shown once. */
  renew(): Promise<boolean> {
    this.renewing ??= this.renewNow().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  private async renewNow(): Promise<boolean> {
    const refresh = this.kept?.refresh ?? null;
    if (refresh === null) return false;
    const answer = await send("/api/v1/session/refresh", { refresh });
    if (answer.status === 401 || answer.status === 422) return false;
    if (!answer.ok) throw await problemOf(answer);
    this.keep(of((await answer.json()) as Forms["PairForm"]), "in");
    return true;
  }

  /** The cloud knows nobody by this token any more. */
  end(): void {
    if (this.kept !== null) this.keep(null, "ended");
  }

  /** Sign out, here at once and at the cloud as soon as it hears of it. */
  async signOut(): Promise<void> {
    const refresh = this.kept?.refresh ?? null;
    this.keep(null, "out");
    if (refresh !== null) await send("/api/v1/session/end", { refresh }).catch(() => undefined);
  }

  private keep(kept: Kept | null, standing: Standing): void {
    this.kept = kept;
    this.standing = standing;
    if (kept === null) this.shelf.removeItem(KEPT);
    else this.shelf.setItem(KEPT, JSON.stringify(kept));
    for (const listener of this.listeners) listener();
  }
}

const of = (pair: Forms["PairForm"]): Kept => ({ access: pair.access_token, refresh: pair.refresh_token });

function read(text: string | null): Kept | null {
  try {
    const found = JSON.parse(text ?? "null") as Partial<Kept> | null;
    return typeof found?.access === "string" ? { access: found.access, refresh: found.refresh ?? null } : null;
  } catch {
    return null;
  }
}

async function send(path: string, body: unknown): Promise<Response> {
  try {
    return await fetch(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body), credentials: "omit" });
  } catch {
    throw offline();
  }
}

export const session = new Session(sessionStorage);
