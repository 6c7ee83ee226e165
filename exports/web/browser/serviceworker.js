// Keeps the page, so that it works without a network. Adds headers that isolate it, so that
// WebAssembly can use threads even if the host does not send them.

importScripts("site.js"); // its version changes if any file changes

const CACHE = `fusion-style-${self.SITE.version}`;
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  // The page and its worker can connect to no other site.
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; " +
    "img-src 'self' blob: data:; media-src 'self' blob:; form-action 'none'; base-uri 'none'",
};

self.addEventListener("install", (event) => {
  const fresh = ["./", ...self.SITE.files].map((file) => new Request(file, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const ours = (await caches.keys()).filter((name) => name.startsWith("fusion-style-"));
      await Promise.all(ours.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const here = new URL(request.url).href.startsWith(self.registration.scope);
  if (request.method === "GET" && here) event.respondWith(answer(request));
});

// Answer from the cache; otherwise from the network, and keep the answer in the cache.
async function answer(request) {
  const cache = await caches.open(CACHE);
  let response = await cache.match(request, { ignoreSearch: true });
  if (!response) {
    response = await fetch(request);
    if (response.status === 200) await cache.put(request, response.clone());
  }
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
