import { afterEach, describe, expect, it, vi } from "vitest";
import { Session } from "./session";

class Shelf {
  kept = new Map<string, string>();
  getItem = (name: string): string | null => this.kept.get(name) ?? null;
  setItem = (name: string, text: string): void => void this.kept.set(name, text);
  removeItem = (name: string): void => void this.kept.delete(name);
}

const pair = (n: number): object => ({ access_token: `access-${n}`, refresh_token: `refresh-${n}` });
const answers = (...all: Response[]): ReturnType<typeof vi.fn> => {
  const asked = vi.fn(() => Promise.resolve(all.shift() ?? new Response("", { status: 500 })));
  vi.stubGlobal("fetch", asked);
  return asked;
};
const made = (body: object): Response => new Response(JSON.stringify(body), { status: 201 });

afterEach(() => vi.unstubAllGlobals());

describe("a session", () => {
  it("is kept for this tab, and read again after a reload", async () => {
    const shelf = new Shelf();
    answers(made(pair(1)));
    await new Session(shelf).signIn("ada", "secret");
    const after = new Session(shelf);
    expect([after.standing, after.token()]).toEqual(["in", "access-1"]);
  });
  it("shows a refresh token once, however many ask at the same time", async () => {
    const session = new Session(new Shelf());
    const asked = answers(made(pair(1)), made(pair(2)));
    await session.signIn("ada", "secret");
    expect(await Promise.all([session.renew(), session.renew(), session.renew()])).toEqual([true, true, true]);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(session.token()).toBe("access-2");
  });
  it("ends when the cloud knows its refresh token no more, and leaves nothing behind", async () => {
    const shelf = new Shelf();
    const session = new Session(shelf);
    answers(made(pair(1)), new Response("{}", { status: 401 }));
    await session.signIn("ada", "secret");
    expect(await session.renew()).toBe(false);
    session.end();
    expect([session.standing, session.token(), shelf.kept.size]).toEqual(["ended", null, 0]);
  });
  it("is not ended by a cloud that is away", async () => {
    const session = new Session(new Shelf());
    answers(made(pair(1)), new Response("{}", { status: 503 }));
    await session.signIn("ada", "secret");
    await expect(session.renew()).rejects.toMatchObject({ status: 503 });
    expect(session.standing).toBe("in");
  });
  it("signs out here also when the cloud does not hear of it", async () => {
    const shelf = new Shelf();
    const session = new Session(shelf);
    answers(made(pair(1)));
    await session.signIn("ada", "secret");
    vi.stubGlobal("fetch", vi.fn(() => Promise.reject(new TypeError("away"))));
    await session.signOut();
    expect([session.standing, shelf.kept.size]).toEqual(["out", 0]);
  });
  it("cannot renew a token that somebody typed in", async () => {
    const session = new Session(new Shelf());
    session.useToken("ttk_one");
    expect(await session.renew()).toBe(false);
  });
  it.each(["{", "null", "7", '{"access": 7}'])("takes %j on the shelf for nothing", (text) => {
    const shelf = new Shelf();
    shelf.setItem("telltale.session", text);
    expect(new Session(shelf).standing).toBe("out");
  });
});
