import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { get, take } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { moment, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { may, useMe } from "../../session/me";
import { grantsOf } from "./grants";

type Key = Forms["KeyForm"];

const standing = (one: Key): string => (one.ended_at !== null ? t.admin.revoked : one.ends_at === null ? t.admin.enabled : t.admin.until(moment(one.ends_at)));

/** Which programs have a key, and what each may. A new key is made with the API, which shows its token once. */
export function Keys() {
  const me = useMe();
  const [revoking, setRevoking] = useState<Key | null>(null);
  const asked = usePaged("keys", (after, signal) => get("/api/v1/keys", { query: { limit: 50, after: after ?? null }, signal }));
  const columns: readonly Column<Key>[] = [
    { name: t.admin.program, cell: (one) => <strong>{one.name}</strong>, by: (one) => one.name },
    { name: t.admin.grants, cell: (one) => grantsOf(one), by: grantsOf },
    { name: t.admin.only, cell: (one) => (one.only === null ? "–" : one.only.map(words).join(", ")) },
    { name: t.admin.state, cell: (one) => <Chip tone={one.ended_at === null ? "good" : "quiet"}>{standing(one)}</Chip>, by: standing },
    { name: t.admin.madeBy, cell: (one) => one.made_by, by: (one) => one.made_by },
    { name: t.admin.since, cell: (one) => moment(one.made_at), by: (one) => one.made_at, isShort: true },
    ...(may(me, "put_people") ? [{ name: t.admin.change, cell: (one: Key) => (one.ended_at === null ? <button type="button" aria-label={`${t.admin.revoke} ${one.name}`} onClick={() => setRevoking(one)}>{t.admin.revoke}</button> : null) }] : []),
  ];
  return (
    <>
      <PagedTable asked={asked} label={t.admin.keys} columns={columns} keyOf={(one) => one.id} find={(one) => `${one.name} ${grantsOf(one)} ${one.made_by}`} empty={t.admin.noKeys} hint={t.admin.noKeysHint} />
      {revoking !== null && <RevokeDialog of={revoking} close={() => setRevoking(null)} done={asked.reload} />}
    </>
  );
}

function RevokeDialog({ of, close, done }: { of: Key; close: () => void; done: () => void }) {
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    await take("/api/v1/keys/{key}", { path: { key: of.id } });
    close();
    done();
  });
  return (
    <Dialog title={t.admin.revokeTitle(of.name)} close={close} submit={submit} label={t.admin.revoke} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p>{t.admin.revokeHint}</p>
    </Dialog>
  );
}
