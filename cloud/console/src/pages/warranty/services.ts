import { Problem } from "../../api/problem";
import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { lines } from "../work/lines";

type Service = Forms["ServiceForm"];
const LINE = /^(\d{4}-\d{2}-\d{2})(?:\s+(\d+(?:\.\d+)?))?$/;

/** Services as people write them, a line each: a day, and kilometres where somebody knows them. Nothing at all: nobody knows. */
export function servicesOf(text: string): Service[] | null {
  const written = lines(text);
  if (written.length === 0) return null;
  return written.map((line) => {
    const [, on, km] = LINE.exec(line) ?? [];
    if (on === undefined) throw new Problem(422, "refused", t.warranty.badService(line));
    return { on, km: km === undefined ? null : Number(km) };
  });
}

/** The same back in lines. */
export const linesOf = (services: readonly Service[] | null | undefined): string =>
  (services ?? []).map((one) => (one.km == null ? one.on : `${one.on} ${one.km}`)).join("\n");
