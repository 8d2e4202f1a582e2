// The codes of the next hour, kept on the phone: each minute has its own. Without this file the page shows one at a time.
const KEPT = "card-codes", MINUTE = 60;
const page = document.querySelector("[data-card]");
const part = (name) => page.querySelector(`[data-part=${name}]`);
const forget = () => { localStorage.removeItem(KEPT); self.caches?.delete("card"); };

document.addEventListener("submit", ({ target }) => {
  if (target.matches("[action*='/accounts/logout/']")) forget();
});

if (page.dataset.card === "valid") start(); else forget();

function start() {
  let kept = read(), drawn = 0, asked = 0;
  // The phone's clock may be wrong: the server's is told with the codes.
  const now = () => Date.now() / 1000 + (kept?.off ?? 0);
  const current = () => kept?.codes.find((code) => code.at <= now() && now() < code.at + MINUTE);

  function show() {
    const code = current();
    part("code").hidden = !code;
    part("over").hidden = Boolean(code);
    part("offline").hidden = navigator.onLine || !code;
    if (!code) return;
    const left = Math.ceil(code.at + MINUTE - now());
    part("life").textContent = page.dataset.life.replace("{}", left);
    part("ring").setAttribute("stroke-dasharray", `${(left / MINUTE) * 100} 100`);
    part("until").textContent = clockTime(kept.codes.at(-1).at + MINUTE);
    if (drawn === code.at) return;
    drawn = code.at;
    part("qr").setAttribute("viewBox", `-4 -4 ${code.size + 8} ${code.size + 8}`);
    part("qr").firstElementChild.setAttribute("d", path(code));
    part("digits").textContent = `${code.digits.slice(0, 3)} ${code.digits.slice(3)}`;
  }

  async function fetchCodes() {
    asked = performance.now();
    const before = Date.now() / 1000;
    let response;
    try { response = await fetch(page.dataset.codes, { cache: "no-store" }); } catch { return; }
    if (response.status === 401 || response.status === 404) { forget(); location.reload(); return; }
    if (!response.ok) return;
    const { now: theirs, codes } = await response.json();
    kept = { off: theirs - (before + Date.now() / 1000) / 2, codes };
    localStorage.setItem(KEPT, JSON.stringify(kept));
    show();
  }

  function tick() {
    const ahead = (kept?.codes.at(-1).at ?? 0) + MINUTE - now();
    const isDue = ahead < 50 * MINUTE && performance.now() - asked > 15000;
    if (isDue && navigator.onLine) fetchCodes();
    show();
  }

  addEventListener("online", fetchCodes);
  addEventListener("storage", ({ key }) => { if (key === KEPT || key === null) { kept = read(); show(); } });
  if (kept) show();
  fetchCodes().then(keepPage).then(() => { show(); setInterval(tick, 1000); });
}

function read() {
  try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; }
}

// The page and all it is drawn with, for the worker to show without a network.
async function keepPage() {
  if (!navigator.serviceWorker || !navigator.onLine) return;
  try {
    await navigator.serviceWorker.register(page.dataset.worker);
    const seen = performance.getEntriesByType("resource").map(({ name }) => name);
    const drawn = seen.filter((name) => name.startsWith(location.origin) && !name.includes(page.dataset.codes));
    await (await caches.open("card")).addAll(new Set([location.origin + location.pathname, ...drawn]));
  } catch { /* no room, or a private window: the card works while there is a network */ }
}

function clockTime(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function path({ size, modules }) {
  const bytes = Uint8Array.from(atob(modules), (char) => char.charCodeAt(0));
  let d = "";
  for (let at = 0; at < size * size; at++)
    if (bytes[at >> 3] & (128 >> (at & 7))) d += `M${at % size} ${(at / size) | 0}h1v1h-1z`;
  return d;
}
