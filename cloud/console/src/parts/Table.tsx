import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Paged } from "../api/paged";
import { t } from "../i18n/t";
import { sorted, type By } from "./sorted";
import { Empty, Shown } from "./Standing";

/** One column of a table. */
export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  /** What it is sorted by; without it, it is not. */
  by?: (row: T) => By;
  isNumber?: boolean;
  /** So short that it stays on one line. */
  isShort?: boolean;
}

const kindOf = <T,>(of: Column<T>): string => [of.isNumber === true ? "number" : "", of.isShort === true ? "short" : ""].join(" ").trim();

interface Of<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string | number;
  /** What a row is found by; without it there is nothing to find with. */
  find?: (row: T) => string;
}

/** Fewer rows are seen at a glance. */
const FIND_FROM = 8;

/** Rows that can be sorted and searched; on a phone each row is a card. */
export function Table<T>({ label, columns, rows, keyOf, find }: Of<T>) {
  const [order, setOrder] = useState<{ name: string; isDown: boolean } | null>(null);
  const [wanted, setWanted] = useState("");
  const shown = useMemo(() => {
    const looked = wanted.trim().toLowerCase();
    const found = find === undefined || looked === "" ? rows : rows.filter((row) => find(row).toLowerCase().includes(looked));
    const by = columns.find((one) => one.name === order?.name)?.by;
    return by === undefined || order === null ? found : sorted(found, by, order.isDown);
  }, [rows, columns, order, wanted, find]);
  const turn = (name: string): void => setOrder((before) => ({ name, isDown: before?.name === name && !before.isDown }));
  return (
    <>
      {find !== undefined && rows.length >= FIND_FROM && (
        <input type="search" class="find" aria-label={t.table.find(label)} placeholder={t.table.findHint} value={wanted} onInput={(typed) => setWanted(typed.currentTarget.value)} />
      )}
      <table class="table">
        <caption class="hidden">{label}</caption>
        <thead>
          <tr>{columns.map((one) => <Head key={one.name} of={one} order={order} turn={turn} />)}</tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((one) => <td key={one.name} class={kindOf(one)} data-name={one.name}><div>{one.cell(row)}</div></td>)}
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <Empty text={t.table.nothingFound} />}
    </>
  );
}

function Head<T>({ of, order, turn }: { of: Column<T>; order: { name: string; isDown: boolean } | null; turn: (name: string) => void }) {
  const kind = kindOf(of);
  if (of.by === undefined) return <th scope="col" class={kind}>{of.name}</th>;
  const way = order?.name !== of.name ? "none" : order.isDown ? "descending" : "ascending";
  return <th scope="col" class={kind} aria-sort={way}><button type="button" class={`sort ${way}`} onClick={() => turn(of.name)}>{of.name}</button></th>;
}

/** A listing of the API as a table, or what there is to say when it is empty. */
export function PagedTable<T>({ asked, empty, hint = "", ...table }: Omit<Of<T>, "rows"> & { asked: Paged<T>; empty: string; hint?: string }) {
  return (
    <Shown asked={asked}>
      {(listing) =>
        listing.items.length === 0 ? <Empty text={empty} hint={hint} /> : (
          <>
            <Table {...table} rows={listing.items} />
            {asked.more !== undefined && <button type="button" disabled={asked.isLoading} onClick={asked.more}>{t.app.more}</button>}
          </>
        )
      }
    </Shown>
  );
}
