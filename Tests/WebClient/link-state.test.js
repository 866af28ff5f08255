import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { afterClose, backoff, idle, shown, step } from '../../Sources/WebClient/Client/js/connection/link-state.js';
import { alice, hello, id, live, ready, bob, time } from './fixtures.js';

/** Carries events through the machine and keeps what it wanted done. */
class Machine {
    state = idle;
    now = 1_000_000;
    random = 0.5;
    /** @type {any[]} */
    effects = [];

    /** @param {string} type @param {object} [more] */
    on(type, more = {}) {
        const { state, effects } = step(this.state, { type, now: this.now, random: this.random, ...more });
        this.state = state;
        this.effects = effects;
        return this;
    }

    /** @param {any} frame */
    frame(frame) {
        return this.on('frame', { frame });
    }

    /** @param {number} ms */
    pass(ms) {
        this.now += ms;
        return this;
    }

    /** What it wants done, without the clearing of timers. */
    get wants() {
        return this.effects.filter((effect) => effect.do !== 'clear');
    }

    /** @param {string} name */
    wanted(name) {
        return this.effects.filter((effect) => effect.do === name);
    }

    toLive() {
        return this.on('start', { account: alice.address }).on('ticket', { ticket: 'T' }).frame(hello).frame(ready());
    }
}

test('the way to live: ticket, socket, hello, ready', () => {
    const machine = new Machine().on('start', { account: alice.address });
    assert.deepEqual(machine.wants, [{ do: 'close' }, { do: 'timer', name: 'connect', ms: 20_000 }, { do: 'ticket' }]);
    assert.deepEqual(shown(machine.state), { status: 'connecting', lostAt: machine.now, retryAt: null, reason: null });
    assert.deepEqual(machine.on('ticket', { ticket: 'T' }).wants, [{ do: 'open', ticket: 'T', resume: false }]);
    assert.deepEqual(machine.frame(hello).wants, [{ do: 'deliver', frame: hello }]);
    const frame = ready();
    assert.deepEqual(machine.frame(frame).wants, [{ do: 'timer', name: 'heartbeat', ms: 30_000 }, { do: 'deliver', frame }, { do: 'tell', what: 'live' }]);
    assert.deepEqual(shown(machine.state), { status: 'live', lostAt: null, retryAt: null, reason: null });
});

test('after a loss: at once, with resume from the last number', () => {
    const machine = new Machine().toLive().frame(live(bob, 1)).frame(live(bob, 2)).pass(11_000).on('closed', { code: 1006 });
    assert.deepEqual(machine.wanted('ticket').length, 1);
    assert.equal(shown(machine.state).lostAt, machine.now);
    assert.deepEqual(machine.on('ticket', { ticket: 'U' }).wants, [{ do: 'open', ticket: 'U', resume: true }]);
    assert.deepEqual(machine.frame(hello).wanted('send'), [{ do: 'send', frame: { type: 'resume', session_id: id(1), epoch: 'epoch', s: 2 } }]);
    assert.equal(machine.frame(live(bob, 3)).wanted('deliver').length, 1);
    assert.equal(machine.state.phase, 'greeting');
    assert.equal(machine.frame({ type: 'resumed', replayed: 1 }).state.phase, 'live');
    assert.equal(machine.state.stream?.s, 3);
});

test('a resync: the old stream is forgotten, ready begins a new one', () => {
    const machine = new Machine().toLive().frame(live(bob, 1)).pass(11_000).on('closed', { code: 1006 }).on('ticket', { ticket: 'U' }).frame(hello);
    machine.frame({ type: 'resync', reason: 'too_old' }).frame(ready({ session_id: id(8) }));
    assert.deepEqual(machine.state.stream, { sessionId: id(8), epoch: 'epoch', s: 0, isRepaired: false });
    assert.equal(machine.state.phase, 'live');
});

test('a resync in the middle of a live stream', () => {
    const machine = new Machine().toLive().frame(live(bob, 1)).frame({ type: 'resync', reason: 'recovered' }).frame(ready({ session_id: id(8) })).frame(live(bob, 2, { s: 1 }));
    assert.deepEqual([machine.state.phase, machine.state.stream?.s], ['live', 1]);
});

test('tries that fail: 3 s × 1.7 each time, to 60 s, with full jitter', () => {
    assert.deepEqual([0, 1, 2, 3, 10].map((attempt) => backoff(attempt, 0.999999)), [0, 3_000, 5_100, 8_670, 60_000]);
    assert.deepEqual([1, 2, 10].map((attempt) => backoff(attempt, 0)), [500, 500, 500]);
    const machine = new Machine().on('start', { account: alice.address });
    const delays = [1, 2, 3].map(() => {
        machine.on('ticket-failed', { failure: { code: 'network', retryAfterMs: null } });
        const [{ ms }] = machine.wanted('timer');
        assert.equal(shown(machine.state).retryAt, machine.now + ms);
        machine.pass(ms).on('timer', { name: 'retry' });
        return ms;
    });
    assert.deepEqual(delays, [1_500, 2_550, 4_335]);
});

test('a homeserver that takes connections and drops them is not hammered', () => {
    const machine = new Machine().toLive().pass(500).on('closed', { code: 1006 });
    assert.deepEqual([machine.state.phase, machine.wanted('ticket').length], ['waiting', 0]);
});

test('lostAt is the first loss, however many tries fail after it', () => {
    const machine = new Machine().toLive().pass(11_000).on('closed', { code: 1006 });
    const lost = machine.now;
    machine.pass(5_000).on('ticket-failed', { failure: { code: 'network', retryAfterMs: null } });
    assert.equal(shown(machine.state).lostAt, lost);
});

test('a ticket that is refused: signed out, not allowed, too many', () => {
    const failed = (/** @type {any} */ failure) => new Machine().on('start', { account: alice.address }).on('ticket-failed', { failure: { retryAfterMs: null, ...failure } });
    assert.deepEqual([failed({ code: 'unauthorized' }).state.reason, failed({ code: 'unauthorized' }).wanted('tell')], ['revoked', [{ do: 'tell', what: 'revoked' }]]);
    assert.deepEqual([failed({ code: 'forbidden' }).state.phase, failed({ code: 'forbidden' }).state.reason], ['ended', 'refused']);
    assert.equal(failed({ code: 'rate_limited', retryAfterMs: 9_000 }).state.retryAt, 1_009_000);
});

const documented = [...readFileSync(new URL('../../docs/asyncapi.yaml', import.meta.url), 'utf8').matchAll(/- \{code: (\d+), reconnect: (true|false)/g)].map(([, code, reconnect]) => ({ code: Number(code), reconnect: reconnect === 'true' }));

test('the close codes are read from the document', () => assert.ok(documented.length >= 17));

for (const { code, reconnect } of documented) {
    test(`close code ${code}: ${reconnect ? 'connects again' : 'ends'}`, () => {
        assert.equal(afterClose(code).reconnect, reconnect);
        const machine = new Machine().toLive().pass(20_000).on('closed', { code });
        if (reconnect) assert.ok(['ticket', 'waiting'].includes(machine.state.phase));
        else assert.deepEqual([machine.state.phase, shown(machine.state).status, typeof machine.state.reason], ['ended', 'ended', 'string']);
    });
}

/** @type {Array<[number, number, string|null]>}  code, random, how long it waits or why it ended */
const closes = [
    [4010, 0.5, '5000'],
    [4010, 0, null],
    [4008, 0.5, '20000'],
    [4009, 0.5, null],
    [4011, 0.5, null],
    [1001, 0.5, null],
    [1005, 0.5, null],
    [1012, 0.5, null],
    [3999, 0.5, null],
    [4013, 0.5, 'revoked'],
    [4014, 0.5, 'too_many'],
    [4004, 0.5, 'refused'],
    [4002, 0.5, 'protocol'],
];
for (const [code, random, expected] of closes) {
    test(`closed with ${code} (random ${random}): ${expected ?? 'at once'}`, () => {
        const machine = new Machine().toLive().pass(20_000);
        machine.random = random;
        machine.on('closed', { code });
        const { phase, reason } = machine.state;
        const wait = machine.wanted('timer').find(({ name }) => name === 'retry')?.ms;
        assert.equal(phase === 'ended' ? reason : wait === undefined ? null : String(wait), expected);
    });
}

test('a heartbeat says the position; its answer within 5 s keeps the link', () => {
    const machine = new Machine().toLive().frame(live(bob, 1)).on('timer', { name: 'heartbeat' });
    assert.deepEqual(machine.wants, [{ do: 'send', frame: { type: 'ping', s: 1 } }, { do: 'timer', name: 'pong', ms: 5_000 }]);
    machine.frame({ type: 'pong', s: 1, t: time(0) });
    assert.deepEqual(machine.effects, [{ do: 'clear', name: 'pong' }, { do: 'timer', name: 'heartbeat', ms: 30_000 }]);
});

test('the heartbeat is ten percent early or late', () => {
    const machine = new Machine();
    machine.random = 0;
    assert.equal(machine.toLive().wanted('timer')[0].ms, 27_000);
});

test('a heartbeat of nearly nothing or of ages is none: it stays between a second and a minute', () => {
    for (const [told, kept] of [[1, 1_000], [999, 1_000], [2_000, 2_000], [60_001, 60_000], [Number.MAX_SAFE_INTEGER, 60_000]]) {
        const machine = new Machine().on('start', { account: alice.address }).on('ticket', { ticket: 'T' }).frame({ ...hello, heartbeat_ms: told }).frame(ready());
        assert.deepEqual([machine.state.phase, machine.wanted('timer').map(({ ms }) => ms)], ['live', [kept]], String(told));
        machine.on('timer', { name: 'heartbeat' }).frame({ type: 'pong', s: 0, t: time(0) });
        assert.deepEqual(machine.wanted('timer').map(({ ms }) => ms), [kept], String(told));
    }
});

test('a hello that is none ends it with a word why, until a person tries again', () => {
    for (const broken of [...[-1, 0, 0.5, 2 ** 60, '30000', null, undefined].map((told) => ({ ...hello, heartbeat_ms: told })), { ...hello, server: '<b>' }, { ...hello, limits: { sockets: -1 } }, { type: 'hello' }]) {
        const machine = new Machine().on('start', { account: alice.address }).on('ticket', { ticket: 'T' }).frame(broken);
        assert.deepEqual([shown(machine.state).status, machine.state.reason, machine.wants], ['ended', 'protocol', [{ do: 'close' }]], JSON.stringify(broken));
        assert.deepEqual([machine.on('wake').effects, machine.on('retry').state.phase], [[], 'ticket']);
    }
});

test('a hello in the middle of a connection takes nothing from it', () => {
    const machine = new Machine().toLive().frame({ ...hello, heartbeat_ms: 1_000 });
    assert.deepEqual([machine.state.phase, machine.state.heartbeat, machine.effects], ['live', 30_000, []]);
});

test('half open: no answer, and the link is made anew with resume', () => {
    const machine = new Machine().toLive().pass(30_000).on('timer', { name: 'heartbeat' }).pass(5_000).on('timer', { name: 'pong' });
    assert.deepEqual([machine.state.phase, machine.wanted('close').length], ['ticket', 1]);
    assert.equal(machine.on('ticket', { ticket: 'U' }).wanted('open')[0].resume, true);
});

test('behind: pong knows a number that never came', () => {
    const machine = new Machine().toLive().pass(30_000).frame({ type: 'pong', s: 3, t: time(0) });
    assert.deepEqual([machine.state.phase, machine.state.stream?.s, machine.wanted('close').length], ['ticket', 0, 1]);
});

test('a gap in the stream is asked for once, then everything anew', () => {
    const machine = new Machine().toLive().pass(30_000).frame(live(bob, 1)).frame(live(bob, 3));
    assert.equal(machine.wanted('deliver').length, 0);
    machine.on('ticket', { ticket: 'U' }).frame(hello);
    assert.equal(machine.wanted('send')[0].frame.s, 1);
    machine.frame(live(bob, 3));
    assert.equal(machine.state.stream, null);
    machine.on('timer', { name: 'retry' }).on('ticket', { ticket: 'V' });
    assert.equal(machine.wanted('open')[0].resume, false);
});

test('a frame that came already is not delivered again', () => {
    assert.deepEqual(new Machine().toLive().frame(live(bob, 1)).frame(live(bob, 1)).effects, []);
});

test('a frame of an unknown type counts for the position', () => {
    const machine = new Machine().toLive().frame({ type: 'reaction-added', s: 1 }).frame(live(bob, 2));
    assert.deepEqual([machine.state.phase, machine.state.stream?.s], ['live', 2]);
});

test('the page becomes visible: the next try at once, and a live link is felt for', () => {
    const waiting = new Machine().on('start', { account: alice.address }).on('ticket-failed', { failure: { code: 'network', retryAfterMs: null } }).on('wake');
    assert.equal(waiting.wanted('ticket').length, 1);
    assert.equal(new Machine().toLive().on('wake').wanted('send')[0].frame.type, 'ping');
    assert.deepEqual(new Machine().toLive().on('closed', { code: 4013 }).on('wake').effects, []);
    assert.deepEqual(new Machine().on('wake').effects, []);
});

test('try now: also what ended, unless only a sign-in or a reload can mend it', () => {
    assert.equal(new Machine().toLive().on('closed', { code: 4014 }).on('retry').state.phase, 'ticket');
    assert.equal(new Machine().toLive().on('closed', { code: 4013 }).on('retry').state.phase, 'ended');
});

test('ready of somebody else ends it before anything is delivered', () => {
    const machine = new Machine().on('start', { account: bob }).on('ticket', { ticket: 'T' }).frame(hello).frame(ready());
    assert.deepEqual([machine.state.reason, machine.wanted('tell'), machine.wanted('deliver')], ['other_account', [{ do: 'tell', what: 'other-account' }], []]);
});

test('a newer protocol ends it until the page is loaded anew', () => {
    for (const newer of [{ ...hello, protocol: 2 }, { type: 'hello', protocol: 2, server: {} }]) {
        const machine = new Machine().on('start', { account: alice.address }).on('ticket', { ticket: 'T' }).frame(newer);
        assert.deepEqual([machine.state.reason, machine.wanted('close').length, machine.wanted('deliver').length], ['outdated', 1, 0]);
    }
});

test('no ready within 20 s is a failed try, in every phase of connecting', () => {
    const begun = () => new Machine().on('start', { account: alice.address });
    for (const machine of [begun(), begun().on('ticket', { ticket: 'T' }), begun().on('ticket', { ticket: 'T' }).frame(hello)]) {
        assert.equal(machine.on('timer', { name: 'connect' }).state.phase, 'waiting');
    }
});

test('stop says bye and forgets everything', () => {
    const machine = new Machine().toLive().on('stop');
    assert.deepEqual([machine.state, machine.wanted('send')], [idle, [{ do: 'send', frame: { type: 'bye' } }]]);
    assert.deepEqual(machine.on('closed', { code: 1000 }).effects, []);
    assert.deepEqual(machine.frame(live(bob, 1)).effects, []);
    for (const name of ['connect', 'retry', 'heartbeat', 'pong']) assert.deepEqual(machine.on('timer', { name }).effects, []);
    assert.deepEqual(machine.on('ticket', { ticket: 'T' }).effects, []);
});
