// Shows the card without a network: the page and what it is drawn with, as they were last seen. The codes are kept by the page.
const CACHE = "card";
const PAGE = "{% url "card" %}", CODES = "{% url "card_codes" %}";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  const isPage = request.mode === "navigate";
  if (request.method !== "GET" || origin !== location.origin || pathname === CODES || (isPage && pathname !== PAGE)) return;
  event.respondWith(answer(request, isPage));
});

async function answer(request, isPage) {
  try {
    const response = await fetch(request);
    if (response.ok) await (await caches.open(CACHE)).put(request, response.clone());
    else if (isPage) await caches.delete(CACHE); // sent to sign in: nobody's card is kept here any more
    return response;
  } catch {
    return (await caches.match(request, { cacheName: CACHE, ignoreVary: true })) ?? Response.error();
  }
}
