import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { en } from "../i18n/en";
import { asProblem, offline, problemOf } from "./problem";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
const typed = (slug: string, detail = "its detail"): unknown => ({ type: `urn:telltale:problem:${slug}`, title: "Its title", detail });

describe("what went wrong, in words", () => {
  it("has a text for every problem that the API's README lists, and for no other", () => {
    const table = readFileSync("../api/README.md", "utf8").split("type `urn:telltale:problem:…`")[1] ?? "";
    const listed = [...table.matchAll(/^\| `([a-z-]+)` \| \d{3} \|/gm)].map((row) => row[1]);
    expect(Object.keys(en.problem.texts).sort()).toEqual(listed.sort());
    expect(listed).toContain("slot-taken");
  });
  it("shows our text first and the API's own words after it", async () => {
    const problem = await problemOf(answer(409, typed("slot-taken")));
    expect(problem).toMatchObject({ status: 409, slug: "slot-taken", text: en.problem.texts["slot-taken"], detail: "its detail" });
  });
  it("takes the title of a problem that it does not know", async () => {
    expect(await problemOf(answer(418, typed("teapot")))).toMatchObject({ slug: "teapot", text: "Its title" });
  });
  it("says how long to wait", async () => {
    const problem = await problemOf(answer(429, typed("too-many"), { "Retry-After": "7" }));
    expect(problem.detail).toBe("Try again in 7 s.");
  });
  it.each(["", "<html>", "null", "[]", "7", '{"type": 5, "title": {}}'])("makes a problem of the body %j", async (body) => {
    expect(await problemOf(answer(502, body))).toMatchObject({ status: 502, slug: "", text: en.problem.odd });
  });
  it("keeps a problem and makes one of anything else", () => {
    const away = offline();
    expect(asProblem(away)).toBe(away);
    expect(asProblem(new TypeError("what"))).toMatchObject({ status: 0, text: en.problem.odd, detail: "what" });
  });
});
