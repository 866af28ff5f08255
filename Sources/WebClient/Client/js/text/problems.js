/** @file One sentence for whatever went wrong: what it is, and what to do. */

/** The homeserver's codes (docs/client-api.md) and ours (store/types.js) that have a text of their own, `problem.CODE`. */
const known = new Set([
    'blocked', 'channel_full', 'conflict', 'expired', 'forbidden', 'host_unreachable', 'internal', 'invalid', 'network', 'not_found', 'not_friends', 'other_account',
    'outbox_full', 'outdated', 'rate_limited', 'remote_unreachable', 'slow_mode', 'storage', 'too_large', 'unauthorized', 'unavailable', 'unknown_type',
]);

/** What a code and a field look like; anything else is no homeserver of ours, and no word to show. */
const name = /^[A-Za-z][\w.-]{0,39}$/;

/** Fields that stand for the whole, and would say nothing to a person. */
const whole = ['body', 'Content-Type', 'query'];

/**
 * @param {(key: string, values?: Record<string, string|number>) => string} t
 * @param {import('../store/types.js').Failure} failure
 */
export function failureText(t, { code, field, retryAfterMs }) {
    // Not a `Failure`: an answer without what it should have, for instance.
    if (typeof code !== 'string' || !name.test(code)) return t('problem.internal');
    if (!known.has(code)) return t('problem.other', { code });
    if (code === 'rate_limited' || code === 'slow_mode') {
        return retryAfterMs ? t('problem.rate_limited-for', { count: Math.ceil(retryAfterMs / 1000) }) : t('problem.rate_limited');
    }
    if (code === 'invalid' && field && name.test(field) && !whole.includes(field)) return t('problem.invalid-field', { field });
    return t(`problem.${code}`);
}
