import { useEffect, useRef, useState } from "preact/hooks";
import { useAsked, type Asked } from "./asked";

/** The first pages of a listing, as one. */
export interface Listing<T> {
  items: T[];
  /** null: that is all. */
  after: string | null;
}

export interface Paged<T> extends Asked<Listing<T>> {
  /** Ask for one page more; undefined: there is none, or it is enough. */
  more: (() => void) | undefined;
}

/** So many are shown of one listing; who wants more narrows the filter. */
const PAGES_MAX = 20;

/** A listing of the API while this part is shown. All pages that are shown are asked for anew, so nothing doubles. */
export function usePaged<T>(
  key: string,
  ask: (after: string | undefined, signal: AbortSignal) => Promise<Listing<T>>,
  everyMs?: number,
): Paged<T> {
  const [wanted, setWanted] = useState(1);
  const asked = useAsked<Listing<T>>(
    key,
    async (signal) => {
      let listing: Listing<T> = { items: [], after: null };
      for (let page = 0; page < wanted; page += 1) {
        const next = await ask(listing.after ?? undefined, signal);
        listing = { items: [...listing.items, ...next.items], after: next.after };
        if (next.after === null) break;
      }
      return listing;
    },
    everyMs,
  );
  const { reload } = asked;
  const before = useRef(wanted);
  useEffect(() => {
    if (before.current !== wanted) reload();
    before.current = wanted;
  }, [wanted, reload]);
  const hasMore = asked.value !== null && asked.value.after !== null && wanted < PAGES_MAX;
  return { ...asked, more: hasMore ? () => setWanted(wanted + 1) : undefined };
}
