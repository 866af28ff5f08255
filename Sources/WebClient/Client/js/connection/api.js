/** @file Requests to the homeserver's HTTP API. Whatever goes wrong is a `Failed`, with the homeserver's code or one of ours. */

/** How long a request may take, ms. */
const timeout = 20_000;

/** @typedef {{isSigningIn?: boolean, signal?: AbortSignal}} Options  when one signs in, 401 is about the password */

/** A `Failure` (store/types.js) that can be thrown. */
export class Failed extends Error {
    /** @param {string} code @param {string} message @param {{field?: string|null, retryAfterMs?: number|null}} [details] */
    constructor(code, message, { field = null, retryAfterMs = null } = {}) {
        super(message);
        this.code = code;
        this.field = field;
        this.retryAfterMs = retryAfterMs;
    }
}

/** What the store keeps of an error. @param {any} error @returns {import('../store/types.js').Failure} */
export function failureOf(error) {
    const isOurs = typeof error?.code === 'string';
    return {
        code: isOurs ? error.code : 'internal',
        message: String(error?.message ?? error),
        field: isOurs && typeof error.field === 'string' ? error.field : null,
        retryAfterMs: isOurs && Number.isFinite(error.retryAfterMs) ? error.retryAfterMs : null,
    };
}

export class Api {
    #fetch;
    #onUnauthorized;
    /** Why nothing may be asked any more. @type {Failed|null} */
    #stopped = null;

    /**
     * @param {typeof fetch} fetch
     * @param {() => void} onUnauthorized  a request was refused because nobody is signed in any more
     */
    constructor(fetch, onUnauthorized) {
        this.#fetch = fetch;
        this.#onUnauthorized = onUnauthorized;
    }

    /** From now on every request is refused here: the cookie belongs to somebody else. @param {Failed} why */
    stop(why) {
        this.#stopped = why;
    }

    /** @param {string} path @param {Record<string, string|number|undefined>} [query] */
    get(path, query = {}) {
        const given = Object.entries(query).filter(([, value]) => value !== undefined);
        const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
        return this.#request('GET', search ? `${path}?${search}` : path);
    }

    /** @param {string} path @param {object} [body] @param {Options} [options] */
    post(path, body, options) {
        return this.#request('POST', path, body, options);
    }

    /** @param {string} path @param {object} body */
    patch(path, body) {
        return this.#request('PATCH', path, body);
    }

    /** @param {string} path @param {object} [body] */
    put(path, body) {
        return this.#request('PUT', path, body);
    }

    /** @param {string} path */
    delete(path) {
        return this.#request('DELETE', path);
    }

    /** @param {string} path  of a list that is paged by `after` @param {string} name  of its entries @param {object} [query] @returns {Promise<any[]>} */
    async list(path, name, query = {}) {
        const entries = [];
        let after;
        do {
            const page = await this.get(path, { ...query, after });
            if (!Array.isArray(page?.[name])) throw new Failed('internal', `the homeserver's answer has no ${name}`);
            entries.push(...page[name]);
            // A page with nothing on it is the last one, whatever it says.
            after = page[name].length > 0 && page.next;
        } while (after && entries.length < 10_000);
        return entries;
    }

    /** @param {string} method @param {string} path @param {object} [body] @param {Options} [options] @returns {Promise<any>} */
    async #request(method, path, body, { isSigningIn = false, signal } = {}) {
        if (this.#stopped) throw this.#stopped;
        const inTime = AbortSignal.timeout(timeout);
        const init = { method, signal: signal ? AbortSignal.any([signal, inTime]) : inTime, ...(body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }) };
        let response;
        let answer;
        try {
            response = await this.#fetch(`/api/v1${path}`, /** @type {RequestInit} */ (init));
            answer = response.status === 204 ? null : await response.json().catch(() => null);
        } catch (error) {
            throw new Failed('network', String(error));
        }
        if (response.ok && (response.status === 204 || isObject(answer))) return answer;
        if (response.ok) throw new Failed('internal', 'the answer is no JSON object');
        const failed = refusal(response, answer);
        if (failed.code === 'unauthorized' && !isSigningIn) this.#onUnauthorized();
        throw failed;
    }
}

/** @param {unknown} answer */
const isObject = (answer) => typeof answer === 'object' && answer !== null && !Array.isArray(answer);

/** @param {Response} response @param {any} body */
function refusal(response, body) {
    const after = Number(response.headers.get('Retry-After'));
    const retryAfterMs = Number.isFinite(body?.retry_after_ms) ? body.retry_after_ms : after > 0 ? after * 1000 : null;
    if (typeof body?.code === 'string') {
        return new Failed(body.code, String(body.message ?? ''), { field: typeof body.field === 'string' ? body.field : null, retryAfterMs });
    }
    // A proxy's own page, not the homeserver's answer.
    const code = response.status >= 502 && response.status <= 504 ? 'unavailable' : 'internal';
    return new Failed(code, `the answer was ${response.status}`, { retryAfterMs });
}
