/** @file The application: its parts, and the actions that views may ask for. Made once by main.js; views reach it through `View.home`. */

import { accountActions } from './actions/account.js';
import { communityActions } from './actions/communities.js';
import { friendActions } from './actions/friends.js';
import { pageActions } from './actions/page.js';
import { statusActions } from './actions/status.js';
import { browser as thisBrowser } from './browser.js';
import { Api, Failed } from './connection/api.js';
import { backoff } from './connection/link-state.js';
import { Desktop } from './notify/desktop.js';
import { Sounds } from './notify/sounds.js';
import { Tabs } from './notify/tabs.js';
import { titleFor } from './notify/title.js';
import { beginningOf } from './notify/toasts.js';
import { routeOf } from './routes.js';
import { Session } from './session.js';
import { Keepsakes } from './storage/keepsakes.js';
import { isLimits, isServerAnswer } from './store/frames.js';
import { reduce } from './store/reducer.js';
import { accountOf, initialState } from './store/session.js';
import { Store } from './store/store.js';
import { t } from './text/catalogue.js';
import { failureText } from './text/problems.js';

/** @typedef {import('./store/types.js').Account} Account */

/**
 * @typedef {object} Home
 * @property {import('./store/store.js').Store} store
 * @property {Actions} actions
 * @property {(key: string, values?: Record<string, string|number>) => string} t
 * @property {() => Promise<void>} start  once the views are there
 */

/**
 * Actions that return a promise reject with a `Failure` (store/types.js); the others never fail.
 * @typedef {PageActions & ReturnType<typeof communityActions>} Actions
 */

/**
 * @typedef {object} PageActions
 * @property {(form: {username: string, password: string}) => Promise<void>} signIn
 * @property {(form: {username: string, password: string, registrationToken: string|null}) => Promise<void>} register
 * @property {() => Promise<void>} signOut  deletes everything of the account on this device, what is unsent too: ask first when `unsentCount` says so
 * @property {(route: import('./store/types.js').Route) => void} navigate
 * @property {(address: string, text: string, options?: {replyTo?: string, mentions?: string[]}) => void} send
 * @property {(address: string, message: import('./store/types.js').Message) => void} sendAgain  what the other homeserver refused; once
 * @property {(nonce: string) => void} retry
 * @property {(nonce: string) => void} cancel
 * @property {(address: string, text: string) => void} saveDraft
 * @property {(address: string, place: import('./store/types.js').Place|null) => void} savePlace  where one reads, when one leaves
 * @property {(address: string) => Promise<void>} loadOlder  one page of history before the first loaded message
 * @property {(address: string) => Promise<void>} loadNewer  what is missing behind the last loaded message
 * @property {(address: string, seq: number) => void} markRead
 * @property {(address: string) => Promise<{state: 'pending'|'queued'|'friends'}>} requestFriend
 * @property {(requestId: string) => Promise<void>} acceptRequest
 * @property {(requestId: string) => Promise<void>} declineRequest
 * @property {(requestId: string) => Promise<void>} withdrawRequest
 * @property {() => Promise<void>} refreshRequests  no frame tells that a request has reached its homeserver: the list does
 * @property {(address: string) => Promise<void>} removeFriend
 * @property {(address: string) => Promise<void>} block  ends a friendship and what was asked, too
 * @property {(address: string) => Promise<void>} unblock
 * @property {(status: 'online'|'offline'|'invisible') => Promise<void>} setStatus  resolves when the homeserver has said so
 * @property {(isShown: boolean) => Promise<void>} setShowLastSeen
 * @property {() => Promise<Array<{id: string, label: string|null, createdAt: string, lastUsedAt: string, expiresAt: string, current: boolean}>>} sessions
 * @property {(id: string) => Promise<void>} revokeSession
 * @property {() => Promise<number>} revokeOtherSessions
 * @property {(form: {current: string, next: string}) => Promise<void>} changePassword
 * @property {(key: string, value: any) => void} setPreference
 * @property {() => Promise<void>} enableNotifications  asks the browser, which asks the person
 * @property {(toast: {kind: 'info'|'success'|'warning'|'error', text: string, actions?: import('./store/types.js').ToastAction[], about?: import('./store/types.js').Toast['about'], stays?: boolean}) => void} toast  `stays`: until it is dismissed
 * @property {(id: string) => void} dismissToast
 * @property {() => void} reconnect  at once, instead of waiting for the next try
 * @property {() => void} reload  the page, for a newer client
 * @property {(text: string) => Promise<void>} copy  to the clipboard; says so with a toast, also when it is refused, and never rejects
 */

/**
 * @param {import('./browser.js').Browser} [browser]
 * @param {(run: () => void) => void} [schedule]  when watchers are told (store/store.js)
 * @returns {Home}
 */
export function createHome(browser = thisBrowser(), schedule = undefined) {
    const app = new Application(browser, schedule);
    app.actions = { ...accountActions(app), ...friendActions(app), ...communityActions(app), ...statusActions(app), ...pageActions(app) };
    return { store: app.store, actions: app.actions, t, start: () => app.start() };
}

/** The parts, and who is signed in. Its state is the session and nothing else. */
export class Application {
    /** @type {Session|null} */
    session = null;
    /** What views may ask for; given by `createHome`, because they ask this. @type {Actions} */
    actions = /** @type {any} */ (null);

    /** @param {import('./browser.js').Browser} browser @param {((run: () => void) => void)|undefined} schedule */
    constructor(browser, schedule) {
        this.browser = browser;
        this.keepsakes = new Keepsakes(browser.localStorage);
        this.store = new Store(reduce, initialState(this.keepsakes.preferences), schedule);
        this.api = new Api(browser.fetch, () => this.ended());
        this.tabs = new Tabs({ ...browser, id: browser.newId() });
        this.sounds = new Sounds(browser.AudioContext);
        this.desktop = new Desktop({
            Notification: browser.Notification,
            registration: async () => (await browser.navigator.serviceWorker?.getRegistration()) ?? null,
            open: (address) => this.#open(address),
        });
        this.setTitle = titleFor(browser.document, browser.navigator);
    }

    /** Shows what was kept of the last account at once, and asks meanwhile who is signed in. */
    async start() {
        const { browser, keepsakes, store } = this;
        this.#listen();
        const last = keepsakes.account;
        if (last) this.begin(last);
        this.#learnServer(0);
        this.sounds.unlockOn(browser.window);
        // Whoever comes for the first time is not asked who he is: the refusal would stand in the browser's console as an error.
        if (!keepsakes.mayBeSignedIn) return store.dispatch({ type: 'signed-out' });
        try {
            this.begin(accountOf(await this.api.get('/me')));
        } catch {
            // Refused: `ended` has been called. Out of reach: the link tries again by itself, or the person signs in.
            if (!this.session && store.state.phase === 'starting') store.dispatch({ type: 'signed-out' });
        }
    }

    /** @param {Account} account */
    begin(account) {
        const { store, api, tabs, browser, keepsakes, desktop, sounds, setTitle } = this;
        if (this.session?.account.address === account.address) return;
        this.session?.stop();
        keepsakes.keepAccount(account);
        store.dispatch({ type: 'signed-in', account });
        tabs.post({ kind: 'signed-in', account: account.address });
        const { window, document } = browser;
        const accept = (/** @type {string} */ requestId, /** @type {string} */ address) => this.#accept(requestId, address);
        const notify = { store, document, window, tabs, desktop, sounds, setTitle, t, toast: this.actions.toast, accept };
        const lost = (/** @type {string[]} */ texts) => this.#lost(texts);
        this.session = new Session({ browser, store, api, tabs, notify, account, lost, tell: (what) => this.#told(what) });
        this.session.start();
    }

    /** The last place of what could not be sent: its channel is not there any more. @param {string[]} texts */
    #lost(texts) {
        const { toast, copy } = this.actions;
        const text = t('toast.unsent-lost', { count: texts.length, text: beginningOf(texts[0]) });
        toast({ kind: 'warning', text, actions: [{ label: t('message.copy'), run: () => void copy(texts.join('\n\n')) }], stays: true });
    }

    /** The homeserver knows this sign-in no more. What is unsent and the drafts wait for the next one of the same account. */
    ended() {
        const { session, store } = this;
        if (session) {
            session.stop();
            session.database.clear('conversations').then(() => session.database.close());
            this.actions.toast({ kind: 'warning', text: t('toast.signed-out') });
        }
        this.leave();
    }

    /** Nobody is signed in here any more. */
    leave() {
        this.session = null;
        this.keepsakes.keepAccount(null);
        this.store.dispatch({ type: 'signed-out' });
    }

    #listen() {
        const { browser, store, keepsakes, tabs } = this;
        const look = () => this.#arrived(routeOf(browser.location.hash));
        browser.window.addEventListener('hashchange', look);
        look();
        keepsakes.watch(browser.window, () => store.dispatch({ type: 'preferences', preferences: keepsakes.preferences }));
        browser.navigator.serviceWorker?.addEventListener('message', ({ data }) => {
            if (data?.kind === 'open' && typeof data.address === 'string') this.#open(data.address);
        });
        tabs.listen((message) => this.#onTab(message));
    }

    /** @param {import('./store/types.js').Route} route */
    #arrived(route) {
        const { store } = this;
        const left = store.state.route.address;
        store.dispatch({ type: 'navigated', route });
        if (left && left !== route.address) store.dispatch({ type: 'conversation-left', address: left });
        const hasQueued = [...store.state.requests.values()].some(({ state }) => state === 'queued');
        if (route.view === 'friends' && hasQueued) this.actions.refreshRequests();
    }

    /** The homeserver's name, who may register, and its limits; asked until it answers. @param {number} tries */
    async #learnServer(tries) {
        try {
            const [server, limits] = await Promise.all([this.api.get('/server'), this.api.get('/limits')]);
            if (!isServerAnswer(server) || !isLimits(limits)) throw new Failed('internal', 'the homeserver does not say who it is');
            const { name, registration } = server;
            this.store.dispatch({ type: 'server-known', server: { name, registration, limits } });
        } catch (failure) {
            // Out of reach is told by what one does next, or by the banner.
            const isTold = tries > 0 || /** @type {any} */ (failure).code !== 'internal';
            if (!isTold) this.actions.toast({ kind: 'error', text: failureText(t, /** @type {any} */ (failure)) });
            this.browser.setTimer(() => this.#learnServer(tries + 1), backoff(tries + 1, this.browser.random()));
        }
    }

    /** @param {string} address  of a desktop notification; '' is no conversation's */
    #open(address) {
        this.browser.window.focus();
        const { communityId } = this.store.state.conversations.get(address) ?? {};
        if (communityId) this.actions.navigate({ view: 'channel', address, community: communityId });
        else if (address) this.actions.navigate({ view: 'conversation', address });
    }

    /** A request, where its toast stands. @param {string} requestId @param {string} address */
    async #accept(requestId, address) {
        const { acceptRequest, toast } = this.actions;
        try {
            await acceptRequest(requestId);
            toast({ kind: 'success', text: t('toast.friends', { address }), actions: [{ label: t('toast.write'), route: { view: 'conversation', address } }] });
        } catch (failure) {
            toast({ kind: 'error', text: failureText(t, /** @type {any} */ (failure)) });
        }
    }

    /** @param {'revoked'|'outdated'|'other-account'|'reconnected'} what */
    #told(what) {
        if (what === 'revoked') this.ended();
        else if (what === 'outdated') this.store.dispatch({ type: 'condition-began', id: 'outdated' });
        else if (what === 'other-account') this.#stopForOther('');
        else this.#compareVersion();
    }

    /** One browser has one cookie: from now on it is somebody else's. @param {string} other  his address, or '' when it is not known */
    #stopForOther(other) {
        this.api.stop(new Failed('other_account', 'somebody else signed in'));
        this.session?.stop();
        this.store.dispatch({ type: 'condition-began', id: 'other-account', detail: other || null });
    }

    /** @param {any} message */
    #onTab(message) {
        const account = this.session?.account.address;
        if (message.kind === 'signed-in' && account && message.account !== account) this.#stopForOther(message.account);
        // Somebody signed in or out in another tab of this browser: the same holds here.
        if (message.kind === 'signed-in' && !account && this.store.state.phase === 'signed-out') {
            this.api.get('/me').then((me) => this.begin(accountOf(me)), () => {});
        }
        if (message.kind === 'signed-out' && message.account === account) {
            this.session?.stop();
            this.leave();
        }
    }

    /** After a reconnect the homeserver may be a newer one, with a newer page. */
    async #compareVersion() {
        const { browser, store } = this;
        const own = browser.document.querySelector('meta[name=home-version]')?.getAttribute('content');
        try {
            const { version } = await (await browser.fetch('/client.json', { cache: 'no-store' })).json();
            if (own && typeof version === 'string' && version !== own) store.dispatch({ type: 'condition-began', id: 'outdated' });
        } catch {
            // Out of reach again: the next reconnect asks again.
        }
    }
}
