import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Forms } from "../../api/types";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts } from "../../parts/Bits";
import { Empty, Shown } from "../../parts/Standing";
import { running, stepTone, titleOf } from "../bundles/words";

interface Of {
  fleet: string;
  vehicle: string;
}
const SHOWN = 10;
const LOOK_EVERY_MS = 30_000;

/** What a vehicle runs, what it is to run, and how it came to that. */
export function Updates({ fleet, vehicle }: Of) {
  const path = { fleet, vehicle };
  const asked = useAsked(`updates ${fleet} ${vehicle}`, (signal) => get("/api/v1/vehicles/{fleet}/{vehicle}/updates", { path, query: { limit: SHOWN }, signal }), LOOK_EVERY_MS);
  return (
    <section class="card" aria-label={t.bundle.updates}>
      <h2>{t.bundle.updates}</h2>
      <Shown asked={asked}>
        {(told) => (
          <>
            <Facts rows={[[t.bundle.runs, running(told.runs, t.bundle.notSaid)], [t.bundle.wanted, running(told.wanted, t.bundle.nothingWanted)]]} />
            {told.items.length === 0 ? <Empty text={t.bundle.noSteps} /> : <div class="rows">{told.items.map((one) => <Row key={`${one.version} ${one.step} ${one.received_at}`} of={one} />)}</div>}
          </>
        )}
      </Shown>
    </section>
  );
}

const Row = ({ of }: { of: Forms["StepForm"] }) => (
  <div class="row">
    <span class="row-main">
      <strong>{titleOf(of)}</strong>
      {of.reason !== "" && <span class="small">{of.reason}</span>}
      <span class="quiet small"><time dateTime={of.observed_at}>{moment(of.observed_at)}</time>{of.clock !== "synced" && `, ${t.bundle.clock[of.clock]}`}</span>
    </span>
    <span class="row-side"><Chip tone={stepTone(of.step)}>{t.say.updateStep[of.step]}</Chip></span>
  </div>
);
