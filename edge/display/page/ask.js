// Asks the box for something, and says so where it was not taken.
const SHOWN_MS = 4000;
let hiding = 0;

export async function ask(request, button, say) {
  button.disabled = true;
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(request),
  };
  const answer = await fetch("request", options).catch(() => null);
  button.disabled = false;
  if (answer?.ok) return;
  const failed = document.getElementById("failed");
  failed.textContent = say.failed;
  failed.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    failed.hidden = true;
  }, SHOWN_MS);
}
