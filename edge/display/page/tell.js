// Says something for a few seconds: what to do with a switch, what was not taken.
const SHOWN_MS = 4000;
let hiding = 0;

export function tell(text) {
  const place = document.getElementById("told");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    place.hidden = true;
  }, SHOWN_MS);
}
