import { useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import type { WorkOrder } from "../../api/types";
import { moment, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts, vehiclePath } from "../../parts/Bits";
import { Slot } from "../../parts/Centre";
import { Said, Shown } from "../../parts/Standing";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { ClaimOfOrder } from "../warranty/ClaimOfOrder";
import { CompleteDialog } from "./CompleteDialog";
import { orderTone } from "./tone";

/** One work order: what is expected, and what was found. */
export default function OneWorkOrder({ names: { number = "" } }: PageProps) {
  const asked = useAsked(`order ${number}`, (signal) => get("/api/v1/work-orders/{number}", { path: { number: Number(number) }, signal }));
  return <Shown asked={asked}>{(order) => <Sheet order={order} put={asked.put} reload={asked.reload} />}</Shown>;
}

function Sheet({ order, put, reload }: { order: WorkOrder; put: (order: WorkOrder) => void; reload: () => void }) {
  const me = useMe();
  const booking = useAsked(`booking ${order.booking}`, (signal) => get("/api/v1/bookings/{booking}", { path: { booking: order.booking }, signal }));
  return (
    <>
      <div class="title">
        <div>
          <p class="quiet small"><a href="/work-orders">{t.work.title}</a> · <a href={vehiclePath(order)}>{order.vehicle}</a></p>
          <h1>{order.title}</h1>
        </div>
        <Chip tone={orderTone(order)}>{t.say.orderState[order.state]}</Chip>
      </div>
      <div class="sheet">
        <section class="card">
          {order.reason !== "" && <p class="note">{order.reason}</p>}
          <Actions order={order} put={put} reload={reload} />
          <Facts
            rows={[
              [t.work.slot, booking.value === null ? t.app.unknown : <Slot of={booking.value.slot} />],
              [t.work.predicted, order.diagnosed_cause === null ? t.work.noVerdict : words(order.diagnosed_cause)],
              [t.alerts.component, words(order.component)],
              [t.work.opened, moment(order.opened_at)],
              ...(order.started_at === null ? [] : [[t.work.started, moment(order.started_at)] as [string, string]]),
              ...(order.ended_at === null ? [] : [[t.work.endedAt, moment(order.ended_at)] as [string, string]]),
            ]}
          />
        </section>
        <div class="stack">
          {order.report !== null && <Report order={order} report={order.report} />}
          {order.state === "done" && may(me, "see_claims", order.fleet) && <ClaimOfOrder order={order} />}
        </div>
      </div>
    </>
  );
}

function Actions({ order, put, reload }: { order: WorkOrder; put: (order: WorkOrder) => void; reload: () => void }) {
  const me = useMe();
  const { isBusy, problem, act } = useAction();
  const [isCompleting, setCompleting] = useState(false);
  const isOpen = order.state === "opened" || order.state === "in_work";
  if (!isOpen || !may(me, "work", order.fleet)) return null;
  const start = (): void => act(async () => {
    put(await post("/api/v1/work-orders/{number}/start", { path: { number: order.number }, body: { sequence: order.sequence } }));
  });
  return (
    <>
      {problem !== null && <Said problem={problem} />}
      <div class="actions">
        {order.state === "opened" && <button type="button" class="main" disabled={isBusy} onClick={start}>{t.work.start}</button>}
        <button type="button" class={order.state === "in_work" ? "main" : ""} onClick={() => setCompleting(true)}>{t.work.complete}</button>
        {problem?.status === 409 && <button type="button" onClick={reload}>{t.app.retry}</button>}
      </div>
      {isCompleting && <CompleteDialog order={order} close={() => setCompleting(false)} done={put} />}
    </>
  );
}

const Report = ({ order, report }: { order: WorkOrder; report: NonNullable<WorkOrder["report"]> }) => (
  <section class="card">
    <h2>{t.say.outcome[report.outcome]}</h2>
    <Facts
      rows={[
        [t.work.cause, report.found_cause === null ? t.work.notSaid : words(report.found_cause)],
        [t.work.label, order.label === null ? t.app.unknown : t.say.label[order.label]],
        [t.work.findings, report.findings.length === 0 ? t.app.none : <ul>{report.findings.map((one) => <li key={one}>{one}</li>)}</ul>],
        [t.work.parts, report.parts_changed.length === 0 ? t.app.none : report.parts_changed.map(words).join(", ")],
      ]}
    />
  </section>
);
