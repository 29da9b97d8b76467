import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "./en";
import { languages } from "./t";

function keys(texts: object, before = ""): string[] {
  return Object.entries(texts).flatMap(([name, text]: [string, unknown]) =>
    typeof text === "object" && text !== null ? keys(text, `${before}${name}.`) : [`${before}${name}`],
  );
}

const sources = (readdirSync("src", { recursive: true }) as string[])
  .filter((file) => /\.tsx?$/.test(file) && !file.includes("i18n/en") && !file.endsWith(".test.ts"))
  .map((file) => readFileSync(join("src", file), "utf8"))
  .join("\n");

describe("the texts", () => {
  it.each(Object.keys(languages))("of %s have the keys of English", (name) => {
    expect(keys(languages[name] ?? {}).sort()).toEqual(keys(en).sort());
  });
  it("are all used", () => {
    const isUsed = (key: string): boolean => {
      const parts = key.split(".");
      const whole = `t.${key}`;
      const group = `t.${parts.slice(0, -1).join(".")}[`;
      const table = `t.${parts.slice(0, -1).join(".")};`;
      return new RegExp(`${whole.replaceAll(".", "\\.")}\\b`).test(sources) || sources.includes(group) || sources.includes(table);
    };
    expect(keys(en).filter((key) => !isUsed(key))).toEqual([]);
  });
});
