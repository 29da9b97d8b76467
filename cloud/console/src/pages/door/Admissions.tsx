import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { get, post } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { Dialog } from "../../parts/Dialog";
import { useFleets } from "../../parts/FleetPick";
import { Said, Shown } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { CodeDialog } from "./CodeDialog";

type Admission = Forms["AdmissionForm"];

const TONES: Record<Admission["state"], string> = { waiting: "warning", admitted: "good", revoked: "critical" };
const nameOf = (one: Admission): string => `${one.fleet}/${one.vehicle}`;

/** Who has put it out, and whether that holds everywhere; nothing where it never was. */
const shut = (one: Admission): string => (one.shut_at_brokers === null ? "–" : one.shut_at_brokers ? t.door.shut : t.door.notYetShut);

/** Which vehicles are let in, until when, and who is out. */
export function Admissions() {
  const [asks, setAsks] = useState<"new" | { replace: Admission } | { revoke: Admission } | null>(null);
  const fleets = useFleets("let_in");
  const asked = usePaged("admissions", (after, signal) => get("/api/v1/admissions", { query: { limit: 100, after: after ?? null }, signal }));
  const close = (): void => setAsks(null);
  const columns: readonly Column<Admission>[] = [
    { name: t.chat.vehicle, cell: (one) => <strong>{one.vehicle}</strong>, by: (one) => one.vehicle },
    { name: t.app.fleet, cell: (one) => one.fleet, by: (one) => one.fleet },
    { name: t.bundle.state, cell: (one) => <Chip tone={TONES[one.state]}>{t.say.admission[one.state]}</Chip>, by: (one) => one.state },
    { name: t.admin.since, cell: (one) => moment(one.since), by: (one) => one.since, isShort: true },
    { name: t.door.certificate, cell: (one) => (one.certificate_ends_at === null ? t.app.none : t.admin.until(moment(one.certificate_ends_at))), by: (one) => one.certificate_ends_at ?? "" },
    { name: t.door.code, cell: (one) => (one.claim_ends_at === null ? t.app.none : t.admin.until(moment(one.claim_ends_at))), by: (one) => one.claim_ends_at ?? "" },
    { name: t.door.brokers, cell: shut, by: shut },
    {
      name: t.admin.change,
      cell: (one) => (
        <div class="actions small">
          <button type="button" aria-label={`${t.door.replace} ${nameOf(one)}`} onClick={() => setAsks({ replace: one })}>{t.door.replace}</button>
          {one.state !== "revoked" && <button type="button" aria-label={`${t.admin.revoke} ${nameOf(one)}`} onClick={() => setAsks({ revoke: one })}>{t.admin.revoke}</button>}
        </div>
      ),
    },
  ];
  return (
    <>
      <div class="actions"><button type="button" class="main" onClick={() => setAsks("new")}>{t.door.letIn}</button></div>
      <PagedTable asked={asked} label={t.admin.vehicles} columns={columns} keyOf={nameOf} find={nameOf} empty={t.door.empty} hint={t.door.emptyHint} />
      {asks === "new" && <Shown asked={fleets}>{(all) => <CodeDialog of={null} fleets={all} close={close} done={asked.reload} />}</Shown>}
      {typeof asks === "object" && asks !== null && "replace" in asks && <CodeDialog of={asks.replace} fleets={[asks.replace.fleet]} close={close} done={asked.reload} />}
      {typeof asks === "object" && asks !== null && "revoke" in asks && <RevokeDialog of={asks.revoke} close={close} done={asked.reload} />}
    </>
  );
}

function RevokeDialog({ of, close, done }: { of: Admission; close: () => void; done: () => void }) {
  const [why, setWhy] = useState("");
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    await post("/api/v1/admissions/{fleet}/{vehicle}/revocation", { path: { fleet: of.fleet, vehicle: of.vehicle }, body: { why } });
    close();
    done();
  });
  return (
    <Dialog title={t.door.revokeTitle(of.vehicle)} close={close} submit={submit} label={t.admin.revoke} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p>{t.door.revokeHint}</p>
      <label>{t.admin.why}<input required maxLength={200} value={why} onInput={(typed) => setWhy(typed.currentTarget.value)} /></label>
    </Dialog>
  );
}
