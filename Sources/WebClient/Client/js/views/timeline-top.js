/** @file What stands above the first row: the beginning of the conversation, that older messages are coming, or why they are not; and behind the last one, that newer ones are not. */

import { avatar } from '../components/avatar.js';
import { button } from '../components/button.js';
import { t } from '../text/catalogue.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';

/** @typedef {import('../store/types.js').Conversation} Conversation */

export class TimelineTop {
    element = h('div.timeline-top', null);
    #shown = '';
    #retry;

    /** @param {() => void} retry */
    constructor(retry) {
        this.#retry = retry;
    }

    /** @param {Conversation} conversation @param {boolean} reachesFirst  the first loaded message is in the page */
    show(conversation, reachesFirst) {
        const what = stateOf(conversation, reachesFirst);
        const shown = `${what} ${conversation.address} ${conversation.username} ${conversation.loadFailure?.message ?? ''}`;
        if (shown === this.#shown) return;
        this.#shown = shown;
        this.element.replaceChildren(...this.#content(what, conversation));
    }

    /** @param {ReturnType<typeof stateOf>} what @param {Conversation} conversation */
    #content(what, conversation) {
        const { address, username, communityId, loadFailure } = conversation;
        switch (what) {
            case 'beginning':
                return [h('div.timeline-beginning', null,
                    communityId ? icon('hash') : avatar({ address, username, size: 'large' }),
                    h('h2', null, h('bdi', null, username)),
                    h('p.muted', null, communityId ? t('channel.beginning', { name: username }) : t('timeline.beginning', { address })))];
            case 'hidden':
                return [h('div.timeline-trouble', null, icon('lock'), h('p', null, t('timeline.hidden')))];
            case 'failed':
                return [h('div.timeline-trouble', null,
                    h('p', { role: 'status' }, t('timeline.load-failed', { reason: loadFailure ? failureText(t, loadFailure) : '' })),
                    button({ label: t('timeline.load-again'), icon: 'retry', kind: 'quiet', onclick: this.#retry }))];
            case 'loading':
                return [h('div.timeline-loading', null, h('span.spinner', { 'aria-hidden': 'true' }), h('span.visually-hidden', null, t('timeline.loading')))];
            default:
                return [];
        }
    }
}

export class TimelineBottom {
    element = h('div.timeline-bottom', null);
    #shown = '';
    #retry;

    /** @param {() => void} retry */
    constructor(retry) {
        this.#retry = retry;
    }

    /** @param {Conversation} conversation @param {boolean} reachesLast  the last loaded message is in the page */
    show({ stale, loading, loadFailure }, reachesLast) {
        // While it is tried again, what went wrong stands there.
        const reason = loadFailure ? failureText(t, loadFailure) : loading ? this.#shown : '';
        const shown = stale && reachesLast ? reason : '';
        if (shown === this.#shown) return;
        this.#shown = shown;
        this.element.replaceChildren(...(shown ? [h('div.timeline-trouble', null,
            h('p', { role: 'status' }, t('timeline.newer-failed', { reason: shown })),
            button({ label: t('timeline.load-again'), icon: 'retry', kind: 'quiet', onclick: this.#retry }))] : []));
    }
}

/** @param {Conversation} conversation @param {boolean} reachesFirst @returns {'beginning'|'hidden'|'failed'|'loading'|'more'} */
function stateOf({ complete, isHistoryHidden, loadFailure, lastSeq }, reachesFirst) {
    if (!reachesFirst) return 'more';
    if (isHistoryHidden) return 'hidden';
    if (complete || lastSeq === 0) return 'beginning';
    return loadFailure ? 'failed' : 'loading';
}
