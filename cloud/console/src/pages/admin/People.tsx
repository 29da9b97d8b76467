import { useAction } from "../../api/asked";
import { get, put } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { Said } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { may, useMe } from "../../session/me";
import { grantsOf } from "./grants";

type Person = Forms["PersonForm"];

const standing = (one: Person): string => (!one.enabled ? t.admin.disabled : one.has_password ? t.admin.enabled : t.admin.noPassword);

/** Who signs in, and what each is where. */
export function People() {
  const me = useMe();
  const asked = usePaged("people", (after, signal) => get("/api/v1/people", { query: { limit: 50, after: after ?? null }, signal }));
  const { isBusy, problem, act } = useAction();
  const turn = (one: Person): void => act(async () => {
    await put("/api/v1/people/{login}", { path: { login: one.login }, body: { name: one.name, grants: one.grants, enabled: !one.enabled } });
    asked.reload();
  });
  const columns: readonly Column<Person>[] = [
    { name: t.admin.login, cell: (one) => <strong>{one.login}</strong>, by: (one) => one.login },
    { name: t.admin.name, cell: (one) => one.name, by: (one) => one.name },
    { name: t.admin.grants, cell: grantsOf, by: grantsOf },
    { name: t.admin.state, cell: (one) => <Chip tone={one.enabled ? (one.has_password ? "good" : "warning") : "quiet"}>{standing(one)}</Chip>, by: standing },
    { name: t.admin.since, cell: (one) => moment(one.made_at), by: (one) => one.made_at, isShort: true },
    ...(may(me, "put_people") ? [{ name: t.admin.change, cell: (one: Person) => <button type="button" disabled={isBusy || one.login === me.name} aria-label={`${one.enabled ? t.admin.disable : t.admin.enable} ${one.login}`} onClick={() => turn(one)}>{one.enabled ? t.admin.disable : t.admin.enable}</button> }] : []),
  ];
  return (
    <>
      {problem !== null && <Said problem={problem} />}
      <PagedTable asked={asked} label={t.admin.people} columns={columns} keyOf={(one) => one.login} find={(one) => `${one.login} ${one.name} ${grantsOf(one)}`} empty={t.admin.noPeople} hint={t.admin.noPeopleHint} />
    </>
  );
}
