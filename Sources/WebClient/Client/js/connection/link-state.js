/**
 * @file The connection's state machine, pure: what happened goes in with the time and a random number, what is to be done comes out. link.js
 * carries it out. The way is ticket → socket → hello → (resume → replay → resumed, or ready) → live, and back to waiting when it is lost.
 */

import { judgeFrame } from '../store/frames.js';

/** The version of the protocol that this client speaks. */
export const protocol = 1;

const firstDelay = 3_000;
const growth = 1.7;
const longestDelay = 60_000;
const shortestDelay = 500;
/** A connection that held this long (ms) was good: the next try after it is made at once. */
const steady = 10_000;
/** From asking for a ticket to `ready`, ms. */
const connectTimeout = 20_000;
const pongTimeout = 5_000;
/** Between these (ms) the homeserver chooses how often it is asked for a sign of life. */
const heartbeats = { shortest: 1_000, longest: 60_000 };
/** Over how long (ms) clients spread when the homeserver restarts, and how long they stay away after a rate limit. */
const restartSpread = 10_000;
const abuseDelay = 15_000;

/**
 * What a close code asks for (docs/asyncapi.yaml, x-close-codes). Codes that are not here mean a lost connection.
 * @type {Record<number, {reconnect: false, reason: string}|{reconnect: true, wait: 'none'|'random'|'long'}>}
 */
const closeCodes = {
    1000: { reconnect: false, reason: 'refused' },
    1002: { reconnect: false, reason: 'protocol' },
    1003: { reconnect: false, reason: 'protocol' },
    1007: { reconnect: false, reason: 'protocol' },
    1008: { reconnect: false, reason: 'protocol' },
    1009: { reconnect: false, reason: 'protocol' },
    1011: { reconnect: true, wait: 'none' },
    4000: { reconnect: true, wait: 'none' },
    4002: { reconnect: false, reason: 'protocol' },
    4003: { reconnect: false, reason: 'refused' },
    4004: { reconnect: false, reason: 'refused' },
    4008: { reconnect: true, wait: 'long' },
    4009: { reconnect: true, wait: 'none' },
    4010: { reconnect: true, wait: 'random' },
    4011: { reconnect: true, wait: 'none' },
    4013: { reconnect: false, reason: 'revoked' },
    4014: { reconnect: false, reason: 'too_many' },
};

/** @param {number} code */
export const afterClose = (code) => closeCodes[code] ?? { reconnect: true, wait: 'none' };

/**
 * How long to wait before a try: none before the first one after a loss, then up to 3 s × 1.7 each time to 60 s, with full jitter.
 * @param {number} attempt  from 0
 * @param {number} random  0 ≤ random < 1
 */
export function backoff(attempt, random) {
    if (attempt === 0) return 0;
    const ceiling = Math.min(longestDelay, firstDelay * growth ** (attempt - 1));
    return Math.max(shortestDelay, Math.round(ceiling * random));
}

/**
 * @typedef {object} LinkState
 * @property {'idle'|'ticket'|'opening'|'greeting'|'live'|'waiting'|'ended'} phase
 * @property {string|null} account  whose `ready` it must be
 * @property {number} attempt  tries since the last good connection
 * @property {number|null} liveSince
 * @property {number|null} lostAt
 * @property {number|null} retryAt
 * @property {string|null} reason
 * @property {{sessionId: string, epoch: string, s: number, isRepaired: boolean}|null} stream  what a resume goes on with
 * @property {number} heartbeat  ms
 */

/** @typedef {{do: 'ticket'}|{do: 'open', ticket: string, resume: boolean}|{do: 'send', frame: object}|{do: 'close'}|{do: 'deliver', frame: any}|{do: 'timer', name: string, ms: number}|{do: 'clear', name: string}|{do: 'tell', what: 'live'|'revoked'|'outdated'|'other-account'|'too-many-tabs'}} Effect */
/** @typedef {{type: string, now: number, random: number, [key: string]: any}} Event */
/** @typedef {{state: LinkState, effects: Effect[]}} Step */

/** @type {LinkState} */
export const idle = {
    phase: 'idle',
    account: null,
    attempt: 0,
    liveSince: null,
    lostAt: null,
    retryAt: null,
    reason: null,
    stream: null,
    heartbeat: 30_000,
};

/** The link as the store shows it. @param {LinkState} state @returns {import('../store/types.js').Link} */
export function shown({ phase, lostAt, retryAt, reason }) {
    const isUnderWay = phase === 'ticket' || phase === 'opening' || phase === 'greeting';
    return { status: isUnderWay ? 'connecting' : phase, lostAt, retryAt, reason };
}

/** @type {Effect[]} */
const silence = ['connect', 'heartbeat', 'pong', 'retry'].map((name) => ({ do: 'clear', name }));

/** @type {Record<string, (state: LinkState, event: Event) => Step>} */
const table = {
    start: (state, event) => connect({ ...idle, account: event.account, attempt: 1, lostAt: event.now }),
    stop: (state) => ({
        state: idle,
        effects: [...silence, ...(state.phase === 'live' ? [/** @type {Effect} */ ({ do: 'send', frame: { type: 'bye' } })] : []), { do: 'close' }],
    }),
    ticket: (state, event) => {
        if (state.phase !== 'ticket') return stay(state);
        const next = /** @type {LinkState} */ ({ ...state, phase: 'opening' });
        return { state: next, effects: [{ do: 'open', ticket: event.ticket, resume: state.stream !== null }] };
    },
    'ticket-failed': (state, event) => {
        if (state.phase !== 'ticket') return stay(state);
        if (event.failure.code === 'unauthorized') return end(state, event, 'revoked');
        if (event.failure.code === 'forbidden') return end(state, event, 'refused');
        return lose(state, event, event.failure.retryAfterMs ?? 0);
    },
    frame: onFrame,
    closed: (state, event) => {
        if (state.phase === 'idle' || state.phase === 'ended') return stay(state);
        const rule = afterClose(event.code);
        if (!rule.reconnect) return end(state, event, rule.reason);
        const random = Math.round(event.random * restartSpread);
        return lose(state, event, { none: 0, random, long: abuseDelay + random }[rule.wait]);
    },
    timer: (state, event) => timers[event.name](state, event),
    wake: (state) => {
        if (state.phase === 'waiting') return connect(state);
        return state.phase === 'live' ? ping(state) : stay(state);
    },
    /** The person does not want to wait. What only another sign-in or a reload can mend stays ended. */
    retry: (state, event) => {
        const isMendable = state.phase === 'ended' && !['revoked', 'outdated', 'other_account'].includes(state.reason ?? '');
        if (isMendable) return connect({ ...state, attempt: 1, lostAt: event.now, reason: null });
        return state.phase === 'waiting' ? connect(state) : stay(state);
    },
};

/** @type {Record<string, (state: LinkState, event: Event) => Step>} */
const timers = {
    connect: (state, event) => (['ticket', 'opening', 'greeting'].includes(state.phase) ? lose(state, event, 0) : stay(state)),
    retry: (state) => (state.phase === 'waiting' ? connect(state) : stay(state)),
    heartbeat: (state) => (state.phase === 'live' ? ping(state) : stay(state)),
    pong: (state, event) => (state.phase === 'live' ? lose(state, event, 0) : stay(state)),
};

/**
 * @param {LinkState} state
 * @param {Event} event
 * @returns {Step}
 */
export const step = (state, event) => table[event.type](state, event);

/** @param {LinkState} state @returns {Step} */
const stay = (state) => ({ state, effects: [] });

/** @param {LinkState} state @returns {Step} */
function connect(state) {
    return {
        state: { ...state, phase: 'ticket', retryAt: null, liveSince: null },
        effects: [...silence, { do: 'close' }, { do: 'timer', name: 'connect', ms: connectTimeout }, { do: 'ticket' }],
    };
}

/** The connection is gone, or did not come about. @param {LinkState} state @param {Event} event @param {number} least  ms to wait at least @returns {Step} */
function lose(state, event, least) {
    const wasGood = state.liveSince !== null && event.now - state.liveSince >= steady;
    const attempt = wasGood ? 0 : state.attempt;
    const delay = Math.max(least, backoff(attempt, event.random));
    const lost = { ...state, attempt: attempt + 1, liveSince: null, lostAt: state.lostAt ?? event.now };
    if (delay === 0) return connect(lost);
    return {
        state: { ...lost, phase: 'waiting', retryAt: event.now + delay },
        effects: [...silence, { do: 'close' }, { do: 'timer', name: 'retry', ms: delay }],
    };
}

/** @type {Record<string, 'revoked'|'outdated'|'other-account'|'too-many-tabs'>} */
const tellings = { revoked: 'revoked', outdated: 'outdated', other_account: 'other-account', too_many: 'too-many-tabs' };

/** It will not come back by itself. @param {LinkState} state @param {Event} event @param {string} reason @returns {Step} */
function end(state, event, reason) {
    const ended = /** @type {LinkState} */ ({ ...state, phase: 'ended', liveSince: null, lostAt: state.lostAt ?? event.now, retryAt: null, reason });
    const told = tellings[reason];
    return { state: ended, effects: [...silence, { do: 'close' }, ...(told ? [/** @type {Effect} */ ({ do: 'tell', what: told })] : [])] };
}

/** @param {LinkState} state @returns {Step} */
function ping(state) {
    return {
        state,
        effects: [
            { do: 'clear', name: 'heartbeat' },
            { do: 'send', frame: { type: 'ping', s: state.stream?.s ?? 0 } },
            { do: 'timer', name: 'pong', ms: pongTimeout },
        ],
    };
}

/** @param {LinkState} state @param {Event} event @returns {Step} */
function onFrame(state, event) {
    if (!['opening', 'greeting', 'live'].includes(state.phase)) return stay(state);
    const { frame } = event;
    // Before it is judged: what else the hello of a later protocol says, nobody knows here.
    if (frame?.type === 'hello' && Number.isSafeInteger(frame.protocol) && frame.protocol > protocol) return end(state, event, 'outdated');
    const judgement = judgeFrame(frame);
    // Nobody knows what to go on with; asking again would bring the same.
    if (state.phase === 'opening' && frame?.type === 'hello' && judgement === 'malformed') return end(state, event, 'protocol');
    const handle = judgement === 'good' && Object.hasOwn(control, frame.type) ? control[frame.type] : onEvent;
    return handle(state, event);
}

/** What the connection itself listens to. @type {Record<string, (state: LinkState, event: Event) => Step>} */
const control = {
    hello: (state, event) => {
        if (state.phase !== 'opening') return stay(state);
        const { stream } = state;
        const heartbeat = Math.min(Math.max(event.frame.heartbeat_ms, heartbeats.shortest), heartbeats.longest);
        const next = /** @type {LinkState} */ ({ ...state, phase: 'greeting', heartbeat });
        const resume = stream && { type: 'resume', session_id: stream.sessionId, epoch: stream.epoch, s: stream.s };
        return { state: next, effects: [{ do: 'deliver', frame: event.frame }, ...(resume ? [/** @type {Effect} */ ({ do: 'send', frame: resume })] : [])] };
    },
    ready: (state, event) => {
        const { frame } = event;
        if (frame.user.user_id !== state.account) return end(state, event, 'other_account');
        return live({ ...state, stream: { sessionId: frame.session_id, epoch: frame.epoch, s: 0, isRepaired: false } }, event);
    },
    resumed: live,
    resync: (state, event) => ({ state: { ...state, stream: null }, effects: [{ do: 'deliver', frame: event.frame }] }),
    pong: (state, event) => {
        if (state.stream && event.frame.s > state.stream.s) return repair(state, event);
        return { state, effects: [{ do: 'clear', name: 'pong' }, nextHeartbeat(state, event)] };
    },
};

/** @param {LinkState} state @param {Event} event @returns {Step} */
function live(state, event) {
    return {
        state: { ...state, phase: 'live', liveSince: event.now, lostAt: null, reason: null },
        effects: [
            { do: 'clear', name: 'connect' },
            nextHeartbeat(state, event),
            { do: 'deliver', frame: event.frame },
            { do: 'tell', what: 'live' },
        ],
    };
}

/** Ten percent earlier or later, so that the tabs of a restarted homeserver do not speak in one beat. @param {LinkState} state @param {Event} event @returns {Effect} */
const nextHeartbeat = (state, event) => ({ do: 'timer', name: 'heartbeat', ms: Math.round(state.heartbeat * (0.9 + 0.2 * event.random)) });

/**
 * A frame of the stream, or one that is not known here: its number counts all the same.
 * @param {LinkState} state @param {Event} event @returns {Step}
 */
function onEvent(state, event) {
    const { frame } = event;
    /** @type {Effect[]} */
    const effects = [{ do: 'deliver', frame }];
    const s = frame?.s;
    if (!state.stream || !Number.isSafeInteger(s) || s < 1) return { state, effects };
    if (s <= state.stream.s) return stay(state);
    if (s > state.stream.s + 1) return repair(state, event);
    return { state: { ...state, stream: { ...state.stream, s } }, effects };
}

/** Something was lost on the way: it is asked for again once, and the second time everything is asked for anew. @param {LinkState} state @param {Event} event @returns {Step} */
function repair(state, event) {
    const stream = state.stream && !state.stream.isRepaired ? { ...state.stream, isRepaired: true } : null;
    return lose({ ...state, stream }, event, 0);
}
