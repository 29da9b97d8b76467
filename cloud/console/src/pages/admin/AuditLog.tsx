import { useState } from "preact/hooks";
import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { moment, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { PagedTable, type Column } from "../../parts/Table";

type Entry = Forms["cloud__api__audit__EntryForm"];

const columns: readonly Column<Entry>[] = [
  { name: t.admin.when, cell: (one) => moment(one.at), by: (one) => one.at, isShort: true },
  { name: t.admin.who, cell: (one) => <strong>{one.by}</strong>, by: (one) => one.by },
  { name: t.admin.deed, cell: (one) => words(one.action), by: (one) => one.action },
  { name: t.app.fleet, cell: (one) => one.fleet ?? "–", by: (one) => one.fleet },
  { name: t.admin.subject, cell: (one) => <code>{one.subject}</code>, by: (one) => one.subject },
  { name: t.alerts.note, cell: (one) => one.note },
];

/** Who did what, the newest first; the whole of it is searched by who, what is shown by anything. */
export function AuditLog() {
  const [typed, setTyped] = useState("");
  const [by, setBy] = useState("");
  const asked = usePaged(`audit ${by}`, (after, signal) => get("/api/v1/audit", { query: { limit: 50, after: after ?? null, by: by === "" ? null : by }, signal }));
  const search = (event: Event): void => {
    event.preventDefault();
    setBy(typed.trim());
  };
  return (
    <>
      <form class="actions" onSubmit={search}>
        <input type="search" aria-label={t.admin.byWhom} placeholder={t.admin.byWhom} maxLength={200} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
        <button type="submit">{t.admin.search}</button>
      </form>
      <PagedTable asked={asked} label={t.admin.audit} columns={columns} keyOf={(one) => one.id} find={(one) => `${one.by} ${words(one.action)} ${one.subject} ${one.note}`} empty={t.admin.noAudit} />
    </>
  );
}
