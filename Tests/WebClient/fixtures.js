/** What the tests share: ids, frames as the homeserver writes them, a clock that stands still, and a state to begin with. */

import { reduce } from '../../Sources/WebClient/Client/js/store/reducer.js';
import { initialState } from '../../Sources/WebClient/Client/js/store/session.js';
import { Store } from '../../Sources/WebClient/Client/js/store/store.js';
import { useLanguage } from '../../Sources/WebClient/Client/js/text/catalogue.js';

await useLanguage('en');

export const alice = { address: 'alice@alpha.example', username: 'alice', server: 'alpha.example' };
export const bob = 'bob@alpha.example';
export const carol = 'carol@beta.example';

/** @param {number} n */
export const id = (n) => `01990000-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** @param {number} n  a second a number, so that later numbers are later */
export const time = (n) => new Date(Date.UTC(2026, 8, 21, 14, 0, 0) + n * 1000).toISOString();

/** A message of `other`'s conversation as history writes it. @param {string} other @param {number} seq @param {object} [more] */
export function message(other, seq, more = {}) {
    const own = /** @type {any} */ (more).own === true;
    const { own: _, ...rest } = /** @type {any} */ (more);
    const from = own ? alice.address : other;
    return {
        message_id: id(conversationNumber(other) * 100_000 + seq),
        conversation_id: id(conversationNumber(other)),
        seq,
        n: seq,
        from_user_id: from,
        from_username: from.split('@')[0],
        receiver_id: own ? other : alice.address,
        message: `message ${seq}`,
        timestamp: time(seq),
        ...rest,
    };
}

/** @param {string} other */
const conversationNumber = (other) => (other === bob ? 2 : other === carol ? 3 : 4);

/** The live frame of a message. @param {string} other @param {number} seq @param {object} [more] */
export function live(other, seq, more = {}) {
    const raw = message(other, seq, { s: seq, ...more });
    return { type: raw.from_user_id === alice.address ? 'private-message-sent' : 'new-private-message', ...raw };
}

/** @param {string} nonce @param {string} other @param {number} seq @param {object} [more] */
export function ack(nonce, other, seq, more = {}) {
    const { message_id, conversation_id, n, timestamp } = message(other, seq);
    return { type: 'ack', nonce, message_id, conversation_id, seq, n, timestamp, state: 'sent', duplicate: false, s: seq, ...more };
}

/** @param {string} other @param {object} [more] */
export function direct(other, more = {}) {
    const username = other.split('@')[0];
    return { conversation_id: id(conversationNumber(other)), user_id: other, username, state: 'friends', last_seq: 0, read_seq: 0, unread: 0, ...more };
}

/** @param {object} [more] */
export function ready(more = {}) {
    return {
        type: 'ready',
        session_id: id(1),
        epoch: 'epoch',
        incarnation: 'incarnation',
        user: { user_id: alice.address, username: alice.username, status: 'online', show_last_seen: true },
        servers: [],
        channels: [],
        direct: [direct(bob)],
        friends: [{ user_id: bob, username: 'bob', since: time(0), status: 'offline' }],
        friend_requests: [],
        server_invites: [],
        blocks: [],
        ...more,
    };
}

/** What a homeserver from before statuses, blocks and incarnations says. @param {any} [frame] */
export function olderReady({ blocks: _, incarnation: ____, user, friends, ...rest } = ready()) {
    const without = ({ status: _, last_seen: __, show_last_seen: ___, ...person }) => person;
    return { ...rest, user: without(user), friends: friends.map(without) };
}

export const hello = { type: 'hello', protocol: 1, heartbeat_ms: 30_000, limits: { message_code_points: 4000, message_bytes: 16_384 }, server: 'alpha.example' };

/** @param {string} nonce @param {object} [more] */
export const outgoing = (nonce, more = {}) => ({
    nonce,
    address: bob,
    text: `text of ${nonce}`,
    replyTo: null,
    createdAt: 1_000,
    state: 'pending',
    failure: null,
    ...more,
});

/** A state in which alice is signed in, after the given frames and actions. @param {...any} steps */
export function stateAfter(...steps) {
    return after(reduce(initialState(), { type: 'signed-in', account: alice }), ...steps);
}

/** @param {any} state @param {...any} steps  frames of the homeserver, or actions as `{action}` */
export function after(state, ...steps) {
    return steps.reduce((next, step) => reduce(next, step.action ?? { type: 'frame', frame: step, now: 0 }), state);
}

/** @param {string} type @param {object} [fields] */
export const action = (type, fields = {}) => ({ action: { type, ...fields } });

/** The link is live, as far as views are concerned. */
export const isLive = action('link', { link: { status: 'live', lostAt: null, retryAt: null, reason: null } });

/** A page of history as an action. @param {string} address @param {any[]} messages @param {number} lastSeq @param {object} [more] */
export const historyPage = (address, messages, lastSeq, more = {}) =>
    action('page', { address, page: { messages, conversation_id: id(conversationNumber(address)), last_seq: lastSeq }, limit: 50, ...more });

/** A store that tells its watchers at once, or with the frames of a page on this clock. @param {any} [state] @param {Clock} [clock] */
export function storeOf(state = stateAfter(), clock) {
    /** @type {any} */
    const store = new Store(reduce, state, () => (clock ? clock.setTimer(() => store.flush(), 16) : store.flush()));
    return store;
}

/** @param {any} conversation */
export const seqs = (conversation) => conversation.messages.map((/** @type {any} */ one) => one.seq);

/** Time that only moves when it is told to; timers run in their order. */
export class Clock {
    now = 1_800_000_000_000;
    /** @type {Array<{at: number, run: () => void}>} */
    timers = [];

    setTimer = (/** @type {() => void} */ run, /** @type {number} */ ms) => {
        const timer = { at: this.now + ms, run };
        this.timers.push(timer);
        return timer;
    };

    clearTimer = (/** @type {any} */ timer) => {
        this.timers = this.timers.filter((one) => one !== timer);
    };

    /** @param {number} ms */
    async pass(ms) {
        const end = this.now + ms;
        for (;;) {
            await settled();
            const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
            if (!next) break;
            this.clearTimer(next);
            this.now = Math.max(this.now, next.at);
            next.run();
        }
        this.now = end;
        await settled();
    }
}

/** Everything that waits only for promises has been done. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Numbers that look random and are the same every time. @param {number} seed */
export function seeded(seed) {
    let state = seed >>> 0;
    return () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return state / 2 ** 32;
    };
}
