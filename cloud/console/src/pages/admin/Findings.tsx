import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { get, post } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { Chip, Severity, When } from "../../parts/Bits";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { may, useMe } from "../../session/me";

type Finding = Forms["FindingForm"];

/** What was not like somebody, and that somebody has looked at it. */
export function Findings() {
  const me = useMe();
  const [closing, setClosing] = useState<Finding | null>(null);
  const asked = usePaged("findings", (after, signal) => get("/api/v1/findings", { query: { limit: 30, after: after ?? null }, signal }));
  const canClose = (one: Finding): boolean => one.closed_at === null && may(me, "handle_findings");
  const columns: readonly Column<Finding>[] = [
    { name: t.admin.whose, cell: (one) => <strong>{one.principal}</strong>, by: (one) => one.principal },
    { name: t.admin.kind, cell: (one) => t.say.oddity[one.kind], by: (one) => one.kind },
    { name: t.admin.severity, cell: (one) => <Severity of={one.severity} />, by: (one) => one.severity },
    { name: t.admin.detail, cell: (one) => <>{one.detail}{one.note !== "" && <span class="quiet"> ({one.note})</span>}</> },
    { name: t.admin.times, cell: (one) => one.times, by: (one) => one.times, isNumber: true },
    { name: t.admin.when, cell: (one) => <When at={one.last_at} />, by: (one) => one.last_at, isShort: true },
    { name: t.admin.state, cell: (one) => <Standing of={one} />, by: (one) => Number(one.closed_at !== null) },
    ...(may(me, "handle_findings") ? [{ name: t.admin.change, cell: (one: Finding) => (canClose(one) ? <button type="button" aria-label={`${t.admin.dismiss} ${one.id}`} onClick={() => setClosing(one)}>{t.admin.dismiss}</button> : null) }] : []),
  ];
  return (
    <>
      <PagedTable asked={asked} label={t.admin.findings} columns={columns} keyOf={(one) => one.id} find={(one) => `${one.principal} ${one.kind} ${one.detail}`} empty={t.admin.noFindings} hint={t.admin.noFindingsHint} />
      {closing !== null && <DismissDialog finding={closing} close={() => setClosing(null)} done={asked.reload} />}
    </>
  );
}

const Standing = ({ of }: { of: Finding }) =>
  of.closed_at !== null ? <span class="quiet">{t.admin.closedBy(of.closed_by ?? t.app.unknown)}</span> : <Chip tone={of.locked ? "critical" : "warning"}>{of.locked ? t.admin.locked : t.admin.open}</Chip>;

function DismissDialog({ finding, close, done }: { finding: Finding; close: () => void; done: () => void }) {
  const [note, setNote] = useState("");
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    await post("/api/v1/findings/{number}/close", { path: { number: finding.id }, body: { note } });
    close();
    done();
  });
  return (
    <Dialog title={t.admin.dismissTitle(finding.principal)} close={close} submit={submit} label={t.admin.dismiss} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p class="quiet">{finding.detail}</p>
      {finding.locked && <p class="note">{t.admin.unlocks}</p>}
      <label>{t.alerts.note}<textarea rows={3} maxLength={2000} value={note} placeholder={t.alerts.noteHint} onInput={(typed) => setNote(typed.currentTarget.value)} /></label>
    </Dialog>
  );
}
