import { useAsked } from "../api/asked";
import { get } from "../api/client";
import type { Forms } from "../api/types";
import { appointment } from "../i18n/say";
import { may, useMe } from "../session/me";

/** The name of a service centre; its id until that is known, or where it is no secret but not shown. */
export function CentreName({ id }: { id: string }) {
  const me = useMe();
  const seen = may(me, "see_centres");
  const centre = useAsked(`centre ${id}`, (signal) => seen ? get("/api/v1/centres/{centre}", { path: { centre: id }, signal }) : Promise.resolve(null));
  return <>{centre.value?.name ?? id}</>;
}

/** When and where. */
export const Slot = ({ of }: { of: Forms["SlotForm"] }) => (
  <span class="slot"><strong>{appointment(of.start_at)}</strong><span class="quiet"><CentreName id={of.centre} /></span></span>
);
