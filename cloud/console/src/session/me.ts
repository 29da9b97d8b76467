import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Forms, Permission } from "../api/types";

export type Me = Forms["MeForm"];

/** Who is signed in; pages are shown only when this is known. */
export const MeContext = createContext<Me | null>(null);

/** Whether somebody may do it, in this fleet or anywhere. The API decides; this only hides what would be refused. */
export function may(me: Me, permission: Permission, fleet?: string): boolean {
  const reach = me.may[permission];
  if (reach === undefined) return false;
  return fleet === undefined || reach.everywhere || reach.fleets.includes(fleet);
}

/** Who is signed in. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("a page is shown although nobody is signed in");
  return me;
}

/** Whether somebody may any of these. */
export const mayAny = (me: Me, permissions: readonly Permission[]): boolean => permissions.some((one) => may(me, one));

/** Somebody who has vehicles and plans no work: sees what concerns these, and begins with whether all is well. */
export const isOwner = (me: Me): boolean => may(me, "answer_cases") && !may(me, "plan");
