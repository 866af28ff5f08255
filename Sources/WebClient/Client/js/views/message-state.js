/** @file What became of one's own message, in a sign and in words. */

import { button } from '../components/button.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';
import { isOutgoing } from './timeline-items.js';

/** @typedef {import('./timeline-items.js').Item} Item */
/** @typedef {'pending'|'sent'|'queued'|'delayed'|'delivered'|'failed'|'undelivered'} SendState */

/** @param {Item} item @returns {SendState} */
export function sendState(item) {
    if (isOutgoing(item)) return item.state;
    if (!item.delivery) return 'sent';
    return item.delivery.state === 'failed' ? 'undelivered' : item.delivery.state;
}

const signs = { pending: 'clock', sent: 'check', queued: 'clock', delayed: 'clock', delivered: 'check-double', failed: 'alert', undelivered: 'alert' };

/** @param {Item} item @param {boolean} isSentAgain @returns {string} */
function words(item, isSentAgain) {
    const state = sendState(item);
    if (state === 'queued' && isOutgoing(item)) return t('message.queued-home');
    if (isOutgoing(item)) {
        const { failure, server = '' } = item;
        if (!failure) return t(`message.${state}`, { server });
        return failure.code === 'expired' && server !== '' ? t('message.undelivered-expired', { server }) : t('message.failed', { reason: failureText(t, failure) });
    }
    const server = item.delivery?.server ?? '';
    if (state !== 'undelivered') return t(`message.${state}`, { server });
    if (isSentAgain) return t('message.sent-again', { server });
    const code = item.delivery?.reason ?? 'internal';
    // The same word as for what never left this browser, and another thing: it waited too long for the other homeserver.
    if (code === 'expired') return t('message.undelivered-expired', { server });
    return t('message.undelivered', { server, reason: failureText(t, { code, message: code, field: null, retryAfterMs: null }) });
}

/**
 * @param {Item} item
 * @param {boolean} isSentAgain  then there is nothing left to do about it
 * @param {{retry: (item: Item) => void, remove: (item: Item) => void}} actions
 * @returns {HTMLElement}  the sign has its words as a tip and for screen readers; what needs a person stands there in words
 */
export function stateElement(item, isSentAgain, actions) {
    const state = sendState(item);
    const text = words(item, isSentAgain);
    const isRefused = state === 'failed' || state === 'undelivered';
    if (!isRefused && state !== 'delayed') {
        return h(`div.message-state.${state}`, { title: text, 'data-state': state }, icon(signs[state]), h('span.visually-hidden', null, text));
    }
    return h(
        `div.message-state.${state}.in-words`,
        { 'data-state': state },
        icon(signs[state]),
        h('span', null, text),
        isRefused && !isSentAgain && button({ label: t('message.retry'), icon: 'retry', kind: 'quiet', onclick: () => actions.retry(item) }),
        state === 'failed' && button({ label: t('message.delete'), icon: 'trash', kind: 'quiet', onclick: () => actions.remove(item) }),
    );
}
