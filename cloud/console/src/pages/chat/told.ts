const LINES_MAX = 40;

/** What a tool said, a line for each value; of a long answer the first lines. */
export function told(said: unknown, before = ""): string[] {
  if (typeof said !== "object" || said === null) return [`${before}: ${said === null ? "–" : JSON.stringify(said)}`];
  const found = Object.entries(said).flatMap(([name, value]) => told(value, before === "" ? name : `${before}.${name}`));
  return found.slice(0, LINES_MAX);
}
