import { afterEach, describe, expect, it, vi } from "vitest";
import { Session, type Browser } from "./session";

class Shelf {
  kept = new Map<string, string>();
  getItem = (name: string): string | null => this.kept.get(name) ?? null;
  setItem = (name: string, text: string): void => void this.kept.set(name, text);
  removeItem = (name: string): void => void this.kept.delete(name);
}

const browser = (shared = new Shelf()): Browser & { tab: Shelf; shared: Shelf } => ({ tab: new Shelf(), shared, alone: (act) => act() });
const given = (n: number): Response => new Response(JSON.stringify({ access_token: `access-${n}`, refresh_token: null }), { status: 201 });
const refused = (status: number): Response => new Response("{}", { status });
const answers = (...all: Response[]): ReturnType<typeof vi.fn> => {
  const asked = vi.fn(() => Promise.resolve(all.shift() ?? refused(500)));
  vi.stubGlobal("fetch", asked);
  return asked;
};

afterEach(() => vi.unstubAllGlobals());

describe("a session", () => {
  it("keeps no token where a script could find it", async () => {
    const mine = browser();
    const asked = answers(given(1));
    const session = new Session(mine);
    await session.signIn("ada", "secret");
    expect(session.token()).toBe("access-1");
    expect(JSON.stringify([...mine.tab.kept, ...mine.shared.kept])).not.toContain("access");
    expect(JSON.parse((asked.mock.calls[0]?.[1] as { body: string }).body)).toMatchObject({ cookie: true });
  });
  it("is there again in another tab, by the cookie", async () => {
    const mine = browser();
    answers(given(1), given(2));
    await new Session(mine).signIn("ada", "secret");
    const other = new Session(browser(mine.shared));
    expect(other.standing).toBe("asking");
    await other.begin();
    expect([other.standing, other.token()]).toEqual(["in", "access-2"]);
  });
  it("asks nothing where nobody was signed in", () => {
    expect(new Session(browser()).standing).toBe("out");
  });
  it("shows the cookie once, however many ask at the same time", async () => {
    const session = new Session(browser());
    const asked = answers(given(1), given(2));
    await session.signIn("ada", "secret");
    expect(await Promise.all([session.renew(), session.renew(), session.renew()])).toEqual([true, true, true]);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(session.token()).toBe("access-2");
  });
  it("ends when the cloud does not know it any more, and leaves nothing behind", async () => {
    const mine = browser();
    const session = new Session(mine);
    answers(given(1), refused(401));
    await session.signIn("ada", "secret");
    await session.begin();
    expect([session.standing, session.token(), mine.shared.kept.size]).toEqual(["ended", null, 0]);
  });
  it("is not ended by a cloud that is away", async () => {
    const session = new Session(browser());
    answers(given(1), refused(503));
    await session.signIn("ada", "secret");
    await expect(session.begin()).rejects.toMatchObject({ status: 503 });
    expect(session.standing).toBe("in");
  });
  it("signs out here also when the cloud does not hear of it", async () => {
    const mine = browser();
    const session = new Session(mine);
    answers(given(1));
    await session.signIn("ada", "secret");
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("away"))));
    await session.signOut();
    expect([session.standing, mine.shared.kept.size]).toEqual(["out", 0]);
  });
  it("keeps a token that somebody typed in for this tab alone, and cannot renew it", async () => {
    const mine = browser();
    const asked = answers();
    const session = new Session(mine);
    session.useToken("ttk_one");
    expect(new Session(mine).token()).toBe("ttk_one");
    expect(new Session(browser(mine.shared)).standing).toBe("out");
    expect(await session.renew()).toBe(false);
    session.left();
    expect(session.standing).toBe("in");
    await session.signOut();
    expect([session.standing, mine.tab.kept.size]).toEqual(["out", 0]);
    expect(asked).not.toHaveBeenCalled();
  });
});
