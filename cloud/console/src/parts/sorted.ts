/** What a row is sorted by; null is unknown. */
export type By = string | number | null;

const compare = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;

/** The rows in order; what is unknown comes last, whichever way; equals stay as they were. */
export function sorted<T>(rows: readonly T[], by: (row: T) => By, isDown: boolean): T[] {
  const way = isDown ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [first, second] = [by(one), by(other)];
    if (first === null || second === null) return Number(first === null) - Number(second === null);
    if (typeof first === "number" && typeof second === "number") return way * (first - second);
    return way * compare(String(first), String(second));
  });
}
