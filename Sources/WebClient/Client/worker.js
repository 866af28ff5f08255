/**
 * @file The service worker: it keeps every file of this version, so that the page opens without a network and shows what it kept, and so that
 * an open page has its parts when the homeserver has a newer client already. It never touches the API or the socket. A newer version's
 * worker waits until the last page of the older one is closed.
 */

const version = '{{version}}';
/** All scripts and styles, also those that a page loads only when they are wanted. */
const parts = '{{parts}}'.split(' ');
const shell = `home-${version}`;
const emoji = 'home-emoji';

/** How long (ms) the network may take for the page itself before the kept one is shown. */
const patience = 3_000;

self.addEventListener('install', (event) => event.waitUntil(keepShell()));
self.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));

self.addEventListener('fetch', (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (request.method !== 'GET' || url.origin !== self.location.origin) return;
    if (url.pathname === '/') event.respondWith(fromNetwork(request));
    else if (url.pathname.startsWith('/client/') || url.pathname === '/favicon.svg') event.respondWith(fromCache(request));
    else if (url.pathname === '/emoji.json') event.respondWith(refreshed(request));
});

/** A notification was clicked: a page that is open shows the conversation, or a new one does. */
self.addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(open(event.notification.data ?? { address: '', fragment: '' }));
});

/** The page and everything that it may ask for; where one file is missing there is no worker of this version. */
async function keepShell() {
    const page = await fetch('/', { cache: 'no-cache' });
    // The homeserver was replaced since the worker came from it: the next look finds both of one version.
    if (!(await isOurs(page))) throw new Error('the page is of another version');
    const cache = await caches.open(shell);
    await cache.addAll([...parts, 'icons/sprite.svg'].map((part) => `/client/${version}/${part}`));
    await cache.add('/favicon.svg').catch(() => {});
    await cache.put('/', page);
}

/** Whether this is the page of our version, and not an error or a newer one. @param {Response} response */
async function isOurs(response) {
    return response.ok && (await response.clone().text()).includes(`/client/${version}/`);
}

async function forgetOthers() {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith('home-') && name !== shell && name !== emoji).map((name) => caches.delete(name)));
    await self.clients.claim();
}

/** @param {Request} request */
async function fromNetwork(request) {
    const cache = await caches.open(shell);
    const kept = await cache.match('/');
    const fetched = fetch(request).then(async (response) => {
        // A newer page is shown, but not kept here: its files are those of the worker that comes with it.
        if (await isOurs(response)) await cache.put('/', response.clone());
        // A proxy whose homeserver is just restarting: the kept page says it better, and connects by itself.
        return response.ok || !kept ? response : kept;
    });
    if (!kept) return fetched;
    const late = new Promise((resolve) => setTimeout(() => resolve(kept), patience));
    return Promise.race([fetched.catch(() => kept), late]);
}

/** Files of a version never change. @param {Request} request */
async function fromCache(request) {
    const kept = await caches.match(request);
    if (kept) return kept;
    const response = await fetch(request);
    if (response.ok && new URL(request.url).pathname.startsWith(`/client/${version}/`)) await (await caches.open(shell)).put(request, response.clone());
    return response;
}

/** What is kept at once, and what is newer the next time. @param {Request} request */
async function refreshed(request) {
    const cache = await caches.open(emoji);
    const kept = await cache.match(request);
    const fetched = fetch(request).then(async (response) => {
        if (response.ok) await cache.put(request, response.clone());
        return response;
    });
    if (!kept) return fetched;
    fetched.catch(() => {});
    return kept;
}

/** @param {{address: string, fragment: string}} what  a conversation and where it stands */
async function open({ address, fragment }) {
    const pages = await self.clients.matchAll({ type: 'window' });
    const page = pages.find(({ focused }) => focused) ?? pages[0];
    if (!page) return self.clients.openWindow(`/${fragment}`);
    page.postMessage({ kind: 'open', address });
    return page.focus();
}
