import { useAction } from "../../api/asked";
import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import { save } from "../../api/save";
import { amount, moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { List } from "../../parts/List";
import { Said } from "../../parts/Standing";
import { causeOf, lackOf, type Capture } from "./capture";

interface Of {
  fleet: string;
  vehicle: string;
  /** Only what this set off. */
  trigger?: string;
}

/** The raw frames that a vehicle sent around what happened, the latest first. */
export function Captures({ fleet, vehicle, trigger }: Of) {
  const asked = usePaged(`captures ${fleet} ${vehicle} ${trigger ?? ""}`, (after, signal) =>
    get("/api/v1/captures", { query: { fleet, vehicle, trigger: trigger ?? null, limit: 10, after: after ?? null }, signal }));
  return <List asked={asked} empty={t.capture.none} row={(capture) => <Row key={capture.id} of={capture} />} />;
}

function Row({ of }: { of: Capture }) {
  const { isBusy, problem, act } = useAction();
  const lack = lackOf(of);
  return (
    <div class="row">
      <span class="row-main">
        <strong>{moment(of.started_at)}</strong>
        <span class="quiet">{amount(of.frames, t.capture.frames, 0)} · {causeOf(of)}</span>
        {lack === null ? <Chip tone="good">{t.capture.complete}</Chip> : <Chip tone="warning">{lack}</Chip>}
        {problem !== null && <Said problem={problem} />}
      </span>
      <span class="row-side">
        <button type="button" disabled={isBusy} onClick={() => act(() => saved(of))}>{isBusy ? t.capture.saving : t.capture.save}</button>
      </span>
    </div>
  );
}

const saved = ({ fleet, vehicle, id }: Capture): Promise<void> =>
  save("/api/v1/captures/{fleet}/{vehicle}/{capture}/frames.{ending}", { fleet, vehicle, capture: id, ending: "log" }, `capture-${vehicle}-${id}.log`);
