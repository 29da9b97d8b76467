import type { Forms } from "../../api/types";

export type Claim = Forms["ClaimForm"];

/** The colour of a claim's state. */
export const claimTone = (of: Pick<Claim, "state">): string => ({ draft: "quiet", submitted: "warning", approved: "good", rejected: "critical" })[of.state];

/** The colour of what the plan says. */
export const decisionTone = (of: Forms["Decision"]): string => ({ eligible: "good", not_eligible: "critical", cannot_be_said: "warning" })[of];

/** The colour of what a check found. */
export const findingTone = (of: Forms["Finding"]): string => ({ plausible: "good", implausible: "critical", cannot_be_checked: "quiet" })[of];
