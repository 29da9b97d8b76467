import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import type { WorkOrder } from "../../api/types";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { Said, Shown } from "../../parts/Standing";
import { go } from "../../router";
import { may, useMe } from "../../session/me";
import { claimTone } from "./tone";

const CLAIMS_LOOKED_AT = 200;

/** The claim about a work order that is done, or a way to begin one. */
export function ClaimOfOrder({ order }: { order: WorkOrder }) {
  const me = useMe();
  const { fleet, vehicle, number } = order;
  const asked = useAsked(`claim of ${number}`, async (signal) => {
    const all = await get("/api/v1/claims", { query: { fleet, vehicle, limit: CLAIMS_LOOKED_AT }, signal });
    return { claim: all.items.find((one) => one.work_order === number) ?? null };
  });
  const { isBusy, problem, act } = useAction();
  const begin = (): void => act(async () => go(`/warranty/${(await post("/api/v1/claims", { body: { work_order: number, circumstances: [], note: "" } })).number}`));
  return (
    <section class="card" aria-label={t.warranty.title}>
      <h2>{t.warranty.title}</h2>
      <Shown asked={asked}>
        {({ claim }) => claim !== null ? (
          <p><a href={`/warranty/${claim.number}`}>{t.warranty.numbered(claim.number)}</a> <Chip tone={claimTone(claim)}>{t.say.claimState[claim.state]}</Chip></p>
        ) : (
          <>
            <p class="quiet">{t.warranty.none}</p>
            {problem !== null && <Said problem={problem} />}
            {may(me, "claim", fleet) && <div class="actions"><button type="button" disabled={isBusy} onClick={begin}>{t.warranty.begin}</button></div>}
          </>
        )}
      </Shown>
    </section>
  );
}
