import { t } from "../i18n/t";

const PASSING = [0, 502, 503, 504];
const TYPE = "urn:telltale:problem:";

/** What went wrong, in words for the person who asked. */
export class Problem extends Error {
  constructor(
    /** 0: no answer came at all. */
    readonly status: number,
    /** The end of the problem's type; "" where there is none. */
    readonly slug: string,
    /** What to read first. */
    readonly text: string,
    /** What the API said of this very request; may be empty. */
    readonly detail = "",
  ) {
    super(text);
    this.name = "Problem";
  }

  /** Whether it goes by itself: the cloud is away, or not ready. */
  get passes(): boolean {
    return PASSING.includes(this.status);
  }
}

function member(body: unknown, name: string): string {
  if (typeof body !== "object" || body === null) return "";
  const found: unknown = (body as Record<string, unknown>)[name];
  return typeof found === "string" ? found : "";
}

/** An answer that was no success, as a Problem (RFC 9457). Whatever the body is, this gives one. */
export async function problemOf(answer: Response): Promise<Problem> {
  let body: unknown;
  try {
    body = await answer.json();
  } catch {
    body = undefined;
  }
  const type = member(body, "type");
  const slug = type.startsWith(TYPE) ? type.slice(TYPE.length) : "";
  const texts: Record<string, string> = t.problem.texts;
  const text = texts[slug] ?? (member(body, "title") || t.problem.odd);
  const wait = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const detail = Number.isFinite(wait) && wait > 0 ? t.problem.waitS(wait) : member(body, "detail");
  return new Problem(answer.status, slug, text, detail);
}

/** No answer came. */
export const offline = (): Problem => new Problem(0, "", t.problem.offline, t.problem.offlineHint);

/** Whatever was thrown, as a Problem. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, "", t.problem.odd, error instanceof Error ? error.message : "");
}
