// Day or night: as the device says, and in any case between eight in the evening and six in the morning.
const dark = matchMedia("(prefers-color-scheme: dark)");

function setTone() {
  const hour = new Date().getHours();
  document.documentElement.dataset.tone = dark.matches || hour >= 20 || hour < 6 ? "night" : "day";
}

dark.addEventListener("change", setTone);
setInterval(setTone, 60000);
setTone();
