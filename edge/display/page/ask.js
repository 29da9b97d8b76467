// Asks the box for something, and says so where it was not taken.
import { tell } from "./tell.js";

export async function ask(request, button, say) {
  button.disabled = true;
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  };
  const answer = await fetch("request", options).catch(() => null);
  button.disabled = false;
  if (!answer?.ok) tell(say.not_taken);
}
