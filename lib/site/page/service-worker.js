// Keeps what an edition of the course is made of, so that a second visit loads nothing, with or without a network.
// What stands in build, extensions and static has its hash or version in the address; the rest is asked for first.
const EDITION = "@EDITION@";
const KEPT = /\/(build|extensions|static)\//, LIVE = /\/api\/(drive|stdin|service-worker)/;

async function kept(request) {
  const cache = await caches.open(EDITION);
  return (await cache.match(request)) ?? keep(cache, request);
}
async function fresh(request) {
  const cache = await caches.open(EDITION);
  try {
    return await keep(cache, request);
  } catch (error) {
    const old = await cache.match(request, { ignoreSearch: true });
    if (old) return old;
    throw error;
  }
}
async function keep(cache, request) {
  const response = await fetch(request);
  if (response.status === 200) await cache.put(request, response.clone()).catch(() => {});  // storage may be full
  return response;
}
self.addEventListener("fetch", event => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || LIVE.test(url.pathname)) return;
  event.stopImmediatePropagation();  // JupyterLite's own worker, below, has the files that a notebook opens
  event.respondWith(KEPT.test(url.pathname) ? kept(request) : fresh(request));
});
self.addEventListener("activate", event => event.waitUntil(
  caches.keys().then(names => Promise.all(names.filter(name => name !== EDITION).map(name => caches.delete(name))))));

