import type { Case } from "../../api/types";

const waiting: readonly Case["state"][] = ["asked", "offered", "no_answer"];
const stuck: readonly Case["state"][] = ["needs_a_person", "not_repaired", "overdue", "no_slot", "centre_gone"];

/** Red where it is stuck, amber where a person is waited for, green where it is well, else quiet. */
export function toneOf(of: Pick<Case, "state">): string {
  if (stuck.includes(of.state)) return "critical";
  if (waiting.includes(of.state)) return "warning";
  return ["booked", "in_work", "repaired", "all_clear"].includes(of.state) ? "good" : "quiet";
}

const passing: readonly Case["state"][] = ["new", "approved", "centre_gone"];

/** Whether an agent is at it: the next step is a matter of seconds, and there is nothing to answer. */
export function isUnderWay(of: Pick<Case, "state" | "answer" | "chosen">): boolean {
  return passing.includes(of.state) || (of.state === "asked" && of.answer === "yes") || (of.state === "offered" && of.chosen !== null);
}
