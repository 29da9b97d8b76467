import type { Forms, VehicleHealth } from "../../api/types";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Score } from "../../parts/Bits";
import { Empty } from "../../parts/Standing";

/** The score of each component with its reasons, the worst first; what nothing is known of comes last. */
export function Components({ health }: { health: VehicleHealth }) {
  if (health.components.length === 0) return <Empty text={t.vehicle.noHealth} />;
  const known = health.components.filter((one) => one.score !== null || one.lifetimes.length > 0 || one.serviced !== null);
  const unknown = health.components.filter((one) => !known.includes(one));
  const sorted = known.sort((one, other) => (one.score ?? 101) - (other.score ?? 101));
  return (
    <div class="components">
      {sorted.map((one) => <Component key={one.component} of={one} />)}
      {unknown.length > 0 && (
        <article class="component"><Score of={null} /><p class="quiet">{t.vehicle.nothingOf(unknown.map((one) => one.title).join(", "))}</p></article>
      )}
    </div>
  );
}

const Component = ({ of }: { of: Forms["ComponentHealthForm"] }) => (
  <article class="component">
    <Score of={of.score} />
    <div>
      <h3>{of.title}</h3>
      {of.reasons.length > 0 ? <ul>{of.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul> : (
        <p class="quiet">{of.score === null ? t.vehicle.noComponent : t.vehicle.nothingAgainst}</p>
      )}
      {of.lifetimes.map((life) => <p key={life.part} class="quiet small">{t.vehicle.life(life.title, lifeOf(life))}</p>)}
      {of.serviced !== null && <p class="quiet small">{t.vehicle.serviced} {moment(of.serviced.at)}</p>}
    </div>
  </article>
);

/** The interval in days, or why there is none. */
function lifeOf(life: Forms["LifetimeForm"]): string {
  if (life.low_days === null) return life.reason === "" ? t.app.unknown : life.reason;
  return t.vehicle.days(Math.floor(life.low_days), life.high_days === null ? null : Math.ceil(life.high_days));
}
