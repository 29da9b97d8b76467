// Hears the box through the display's events, and shows that nothing is known as soon as it hears nothing.
import { draw, drawLost } from "./draw.js";
import { fit } from "./fit.js";
import "./tone.js";

const SILENCE_MS = 10000;
const AGAIN_MS = 3000;
let heardAt = performance.now();
let lost = true;
let latest = null;
let events = null;

function heard() {
  heardAt = performance.now();
}

function listen() {
  events = new EventSource("events");
  events.addEventListener("state", (event) => {
    heard();
    latest = JSON.parse(event.data);
    lost = false;
    draw(latest);
  });
  events.addEventListener("alive", () => {
    heard();
    if (lost && latest) {
      lost = false;
      draw(latest);
    }
  });
  events.onerror = () => {
    // The browser tries again by itself, unless it was refused: then the code may have changed.
    if (events.readyState === EventSource.CLOSED) setTimeout(again, AGAIN_MS);
  };
}

async function again() {
  const page = await fetch("./", { cache: "no-store" }).catch(() => null);
  if (page?.status === 403) location.reload();
  else listen();
}

function watch() {
  if (!lost && performance.now() - heardAt > SILENCE_MS) {
    lost = true;
    drawLost(latest);
  }
}

async function stayAwake() {
  // A tablet that goes dark tells nobody anything; browsers allow it on the box itself and with HTTPS.
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
  } catch {
    // Refused: the device's own settings decide.
  }
}

setInterval(watch, 1000);
addEventListener("resize", fit);
document.addEventListener("visibilitychange", () => {
  watch();
  stayAwake();
});
stayAwake();
listen();
