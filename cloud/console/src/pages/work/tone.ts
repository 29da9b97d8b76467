import type { WorkOrder } from "../../api/types";

/** The colour of a work order's state. */
export const orderTone = (of: Pick<WorkOrder, "state">): string =>
  ({ opened: "warning", in_work: "accent", done: "good", not_done: "critical", cancelled: "quiet" })[of.state];
