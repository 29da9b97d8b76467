import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { get, post } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { Chip, Severity } from "../../parts/Bits";
import { Said } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { may, useMe } from "../../session/me";

type Contact = Forms["ContactForm"];

const minutes = (wall: string): string => wall.slice(0, "22:00".length);

/** Who is told, how, and when not. */
export function Contacts() {
  const me = useMe();
  const asked = usePaged("contacts", (after, signal) => get("/api/v1/contacts", { query: { limit: 50, after: after ?? null }, signal }));
  const [tried, setTried] = useState<string | null>(null);
  const { isBusy, problem, act } = useAction();
  const attempt = (one: Contact): void => act(async () => {
    await post("/api/v1/contacts/{fleet}/{contact}/test", { path: { fleet: one.fleet, contact: one.id } });
    setTried(one.id);
  });
  const columns: readonly Column<Contact>[] = [
    { name: t.admin.contact, cell: (one) => <strong>{one.id}</strong>, by: (one) => one.id },
    { name: t.app.fleet, cell: (one) => one.fleet, by: (one) => one.fleet },
    { name: t.admin.person, cell: (one) => one.person, by: (one) => one.person },
    { name: t.admin.channel, cell: (one) => <span class="roomy">{one.channel}</span> },
    { name: t.admin.from, cell: (one) => <Severity of={one.severity_min} />, by: (one) => one.severity_min },
    { name: t.admin.quiet, cell: (one) => (one.quiet === null ? t.app.none : t.admin.quietOf(minutes(one.quiet.from_at), minutes(one.quiet.until_at), one.quiet.zone, one.critical_always)) },
    { name: t.admin.rank, cell: (one) => one.rank, by: (one) => one.rank, isNumber: true },
    { name: t.admin.state, cell: (one) => <Chip tone={one.enabled ? "good" : "quiet"}>{one.enabled ? t.admin.enabled : t.admin.disabled}</Chip>, by: (one) => Number(!one.enabled) },
    ...(may(me, "put_contacts") ? [{ name: t.admin.change, cell: (one: Contact) => <button type="button" disabled={isBusy || !may(me, "put_contacts", one.fleet)} aria-label={`${t.admin.test} ${one.id}`} onClick={() => attempt(one)}>{t.admin.test}</button> }] : []),
  ];
  return (
    <>
      {problem !== null && <Said problem={problem} />}
      <div role="status">{tried !== null && <p class="quiet">{t.admin.tested(tried)}</p>}</div>
      <PagedTable asked={asked} label={t.admin.contacts} columns={columns} keyOf={(one) => `${one.fleet} ${one.id}`} find={(one) => `${one.fleet} ${one.id} ${one.person}`} empty={t.admin.noContacts} hint={t.admin.noContactsHint} />
    </>
  );
}
