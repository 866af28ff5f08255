/**
 * @file What runs while somebody is signed in: the link, the outbox, history, what is kept on the device, what is told. It begins with an
 * account and ends with `stop`; nothing of it outlives that.
 */

import { Communities } from './connection/communities.js';
import { History } from './connection/history.js';
import { Link } from './connection/link.js';
import { Outbox } from './connection/outbox.js';
import { OwnStatus } from './connection/own-status.js';
import { ReadMarker } from './connection/read-marker.js';
import { openSocket } from './connection/socket.js';
import { askForTicket } from './connection/ticket.js';
import { Notifier } from './notify/notifier.js';
import { Cache } from './storage/cache.js';
import { Database } from './storage/database.js';
import { Drafts } from './storage/drafts.js';
import { judgeFrame } from './store/frames.js';

/** @typedef {import('./store/types.js').Account} Account */

/**
 * @typedef {object} SessionParts
 * @property {import('./browser.js').Browser} browser
 * @property {import('./store/store.js').Store} store
 * @property {import('./connection/api.js').Api} api
 * @property {import('./notify/tabs.js').Tabs} tabs
 * @property {import('./notify/notifier.js').NotifierParts} notify
 * @property {Account} account
 * @property {(texts: string[]) => void} lost  what was written and can be sent nowhere any more
 * @property {(what: 'revoked'|'outdated'|'other-account'|'reconnected') => void} tell
 */

export class Session {
    #parts;
    #lifetime = new AbortController();
    #wasLive = false;

    /** @param {SessionParts} parts */
    constructor(parts) {
        this.#parts = parts;
        const { browser, store, api, tabs, account, lost } = parts;
        const { setTimer, clearTimer, now, random } = browser;
        this.account = account;
        this.database = new Database(browser.indexedDB, account.address, setTimer, (detail) =>
            store.dispatch(detail ? { type: 'condition-began', id: 'storage', detail } : { type: 'condition-ended', id: 'storage' }));
        const ownTabs = { post: (/** @type {object} */ message) => tabs.post({ ...message, account: account.address }) };
        this.link = new Link({
            ticket: () => askForTicket(async (signal) => (await api.post('/ws-ticket', undefined, { signal })).ticket, browser),
            open: (ticket, resume, listener) => openSocket(browser.WebSocket, this.#socketURL(ticket, resume), listener),
            show: (link) => this.#showLink(link),
            deliver: (frame) => this.#deliver(frame),
            tell: (what) => this.#told(what),
            setTimer,
            clearTimer,
            now,
            random,
        });
        const send = (/** @type {object} */ frame) => this.link.send(frame);
        this.outbox = new Outbox({ store, database: this.database, send, tabs: ownTabs, setTimer, clearTimer, now, newNonce: browser.newId, lost });
        this.history = new History(api, store, setTimer, random);
        this.communities = new Communities(api, store, browser);
        this.readMarker = new ReadMarker(store, send, setTimer);
        this.ownStatus = new OwnStatus(send, setTimer, clearTimer);
        this.drafts = new Drafts(store, this.database, ownTabs, setTimer);
        this.cache = new Cache(store, this.database, setTimer);
        this.notifier = new Notifier(parts.notify);
    }

    /** The connection is made while what was kept is read. */
    async start() {
        const { tabs, account } = this.#parts;
        const { signal } = this.#lifetime;
        tabs.listen((message) => this.#onTab(message), signal);
        this.#listen();
        this.link.start(account.address);
        this.history.watch(signal);
        this.communities.watch(signal);
        this.notifier.start(signal);
        tabs.lead(`home-leader-${account.address}`, signal, () => this.notifier.lead());
        await this.cache.start(signal);
        await Promise.all([this.drafts.start(), this.outbox.start(signal)]);
        tabs.lead(`home-outbox-${account.address}`, signal, () => this.outbox.becomeSender());
    }

    /** Ends it; what is unsent stays kept. */
    stop() {
        this.drafts.flush();
        this.#lifetime.abort();
        this.history.stop();
        this.notifier.stop();
        this.link.stop();
    }

    #listen() {
        const { window, document } = this.#parts.browser;
        const { signal } = this.#lifetime;
        // A page in the background of a phone may be ended without another word.
        const wake = () => (document.visibilityState === 'visible' ? this.link.wake() : this.drafts.flush());
        window.addEventListener('online', () => this.link.wake(), { signal });
        window.addEventListener('pageshow', wake, { signal });
        document.addEventListener('visibilitychange', wake, { signal });
        window.addEventListener('pagehide', () => this.drafts.flush(), { signal });
    }

    /** @param {string} ticket @param {boolean} resume */
    #socketURL(ticket, resume) {
        const { protocol, host } = this.#parts.browser.location;
        return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/ws?token=${encodeURIComponent(ticket)}${resume ? '&resume=1' : ''}`;
    }

    /** @param {import('./store/types.js').Link} link */
    #showLink(link) {
        this.#parts.store.dispatch({ type: 'link', link });
        if (link.status === 'live') return;
        this.outbox.linkIsLost();
        this.ownStatus.linkIsLost();
    }

    /** @param {any} frame */
    #deliver(frame) {
        const { store, browser } = this.#parts;
        const before = store.state;
        store.dispatch({ type: 'frame', frame, now: browser.now() });
        if (judgeFrame(frame) !== 'good') return;
        this.outbox.onFrame(frame);
        this.ownStatus.onFrame(frame);
        this.readMarker.onFrame(frame);
        this.notifier.onFrame(frame, before, store.state);
        if (frame.type === 'ready') this.history.refreshDeliveries();
        if (frame.type === 'ack' && frame.duplicate && frame.seq !== null) this.#refreshDuplicate(frame);
    }

    /** The receipt is the first one's: what has become of the message since then, history knows. @param {any} ack */
    #refreshDuplicate(ack) {
        for (const { address, conversationId } of this.#parts.store.state.conversations.values()) {
            if (conversationId === (ack.conversation_id ?? ack.channel_id)) this.history.refresh(address, ack.seq).catch(() => {});
        }
    }

    /** @param {'live'|'revoked'|'outdated'|'other-account'|'too-many-tabs'} what */
    #told(what) {
        const { store, tell } = this.#parts;
        if (what === 'too-many-tabs') return store.dispatch({ type: 'condition-began', id: what });
        if (what !== 'live') return tell(what);
        store.dispatch({ type: 'condition-ended', id: 'too-many-tabs' });
        this.outbox.linkIsLive();
        this.readMarker.linkIsLive();
        if (this.#wasLive) tell('reconnected');
        this.#wasLive = true;
    }

    /** @param {any} message */
    #onTab(message) {
        if (message.account !== this.account.address) return;
        this.outbox.onTab(message);
        this.drafts.onTab(message);
    }
}
