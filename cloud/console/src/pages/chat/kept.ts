/** Which conversation this tab goes on with, of each person and vehicle; what was said stays in the cloud. */
const key = (by: string, fleet: string, vehicle: string): string => `telltale.chat ${JSON.stringify([by, fleet, vehicle])}`;

export const keptConversation = (by: string, fleet: string, vehicle: string): string | null => sessionStorage.getItem(key(by, fleet, vehicle));

export function keepConversation(by: string, fleet: string, vehicle: string, id: string | null): void {
  if (id === null) sessionStorage.removeItem(key(by, fleet, vehicle));
  else sessionStorage.setItem(key(by, fleet, vehicle), id);
}
