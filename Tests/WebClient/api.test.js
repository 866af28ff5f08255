import assert from 'node:assert/strict';
import test from 'node:test';

import { Api, Failed, failureOf } from '../../Sources/WebClient/Client/js/connection/api.js';

/** @param {...(Response|Error|((path: string, init: any) => Response))} answers */
function apiOf(...answers) {
    /** @type {any[]} */
    const asked = [];
    let unauthorized = 0;
    const fetch = async (/** @type {any} */ path, /** @type {any} */ init) => {
        asked.push([init.method, path, init.body ?? null]);
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return typeof answer === 'function' ? answer(path, init) : answer;
    };
    return { api: new Api(/** @type {any} */ (fetch), () => (unauthorized += 1)), asked, count: () => unauthorized };
}
const json = (/** @type {any} */ body, /** @type {number} */ status = 200, /** @type {any} */ headers = {}) => new Response(JSON.stringify(body), { status, headers });
const nothing = () => new Response(null, { status: 204 });

test('requests as the homeserver wants them', async () => {
    const { api, asked } = apiOf(json({ a: 1 }), json({}), nothing());
    assert.deepEqual(await api.get('/direct/bob%40x/messages', { before: 5, after: undefined }), { a: 1 });
    await api.post('/friend-requests', { user_id: 'bob' });
    assert.equal(await api.delete('/friends/bob'), null);
    assert.deepEqual(asked, [
        ['GET', '/api/v1/direct/bob%40x/messages?before=5', null],
        ['POST', '/api/v1/friend-requests', '{"user_id":"bob"}'],
        ['DELETE', '/api/v1/friends/bob', null],
    ]);
});

/** @type {Array<[string, Response|Error, any]>} */
const refusals = [
    ['the envelope', json({ code: 'invalid', message: 'username is taken', field: 'username' }, 400), { code: 'invalid', field: 'username', retryAfterMs: null }],
    ['how long to wait, in the body', json({ code: 'rate_limited', message: '', retry_after_ms: 1500 }, 429), { code: 'rate_limited', retryAfterMs: 1500 }],
    ['how long to wait, in the header', json({ code: 'rate_limited', message: '' }, 429, { 'Retry-After': '3' }), { code: 'rate_limited', retryAfterMs: 3000 }],
    ["a proxy's own page", new Response('<html>Bad Gateway', { status: 502 }), { code: 'unavailable', field: null }],
    ['an answer that is nothing', new Response('?', { status: 500 }), { code: 'internal' }],
    ['fields of other types', json({ code: 'invalid', message: 5, field: {}, retry_after_ms: 'x' }, 400), { code: 'invalid', field: null, retryAfterMs: null }],
    ['a code of another type', json({ code: 5 }, 400), { code: 'internal' }],
    ['no network', new TypeError('Failed to fetch'), { code: 'network' }],
    ['too slow', new DOMException('timeout', 'TimeoutError'), { code: 'network' }],
];
for (const [name, answer, expected] of refusals) {
    test(`refused: ${name}`, async () => {
        const { api } = apiOf(answer);
        await assert.rejects(api.get('/me'), (error) => {
            assert.ok(error instanceof Failed);
            for (const [key, value] of Object.entries(expected)) assert.equal(/** @type {any} */ (error)[key], value);
            return true;
        });
    });
}

test('401 means signed out, except where it is about the password', async () => {
    const no = () => json({ code: 'unauthorized', message: '' }, 401);
    const { api, count } = apiOf(no(), no());
    await assert.rejects(api.post('/login', {}, { isSigningIn: true }), { code: 'unauthorized' });
    assert.equal(count(), 0);
    await assert.rejects(api.get('/me'), { code: 'unauthorized' });
    assert.equal(count(), 1);
});

test('lists are read to their end', async () => {
    const { api, asked } = apiOf(json({ sessions: [1, 2], next: 'c' }), json({ sessions: [3] }));
    assert.deepEqual(await api.list('/sessions', 'sessions'), [1, 2, 3]);
    assert.equal(asked[1][1], '/api/v1/sessions?after=c');
    await assert.rejects(apiOf(json({ other: [] })).api.list('/sessions', 'sessions'), { code: 'internal' });
});

test('stopped: nothing is asked any more', async () => {
    const { api, asked } = apiOf(json({}));
    api.stop(new Failed('other_account', 'no'));
    await assert.rejects(api.get('/me'), { code: 'other_account' });
    assert.equal(asked.length, 0);
});

test('any error has a failure', () => {
    assert.deepEqual(failureOf(new TypeError('x')), { code: 'internal', message: 'x', field: null, retryAfterMs: null });
    assert.deepEqual(failureOf(undefined).code, 'internal');
    assert.deepEqual(failureOf(new Failed('network', 'n', { retryAfterMs: 4 })), { code: 'network', message: 'n', field: null, retryAfterMs: 4 });
});
