import type { ComponentChildren } from "preact";
import type { Paged } from "../api/paged";
import { t } from "../i18n/t";
import { Empty, Shown } from "./Standing";

/** A listing with its rows, or what there is to say when there are none. */
export function List<T>({ asked, row, empty, hint = "" }: { asked: Paged<T>; row: (item: T) => ComponentChildren; empty: string; hint?: string }) {
  return (
    <Shown asked={asked}>
      {(listing) =>
        listing.items.length === 0 ? <Empty text={empty} hint={hint} /> : (
          <>
            <div class="rows">{listing.items.map(row)}</div>
            {asked.more !== undefined && <button type="button" disabled={asked.isLoading} onClick={asked.more}>{t.app.more}</button>}
          </>
        )
      }
    </Shown>
  );
}
