/** @file `<home-conversation-list>`: the conversations in the column, the one with the latest activity first. */

import { avatar } from '../components/avatar.js';
import { badge } from '../components/badge.js';
import { rovingList } from '../components/roving-list.js';
import { conversationList, lastActivity } from '../store/selectors.js';
import { serverOf } from '../text/address.js';
import { currentLocale, t } from '../text/catalogue.js';
import { fullText, shortText } from '../text/dates.js';
import { summary } from '../text/markdown.js';
import { h, icon } from '../ui/dom.js';
import { onNewDay } from '../ui/clock.js';
import { View } from '../ui/view.js';

/** @typedef {import('../store/types.js').Conversation} Conversation */

export class HomeConversationList extends View {
    /** @type {Map<string, ConversationEntry>} */
    #entries = new Map();

    build() {
        this.list = h('ul.conversation-list', null);
        this.empty = h('p.conversation-list-empty', null, t('conversations.none'), ' ', h('a', { href: '#/friends' }, t('conversations.none-action')));
        this.append(this.list, this.empty);
        this.roving = rovingList(this.list, { selector: 'a' });
    }

    connected() {
        this.watch(conversationList, (conversations) => this.#show(conversations));
        this.watch((state) => state.route, () => this.#mark());
        onNewDay(() => this.#entries.forEach((entry) => entry.refreshTime()), this.signal);
    }

    /** @param {Conversation[]} conversations */
    #show(conversations) {
        const own = this.home.store.state.account;
        const gone = new Set(this.#entries.keys());
        const focused = document.activeElement;
        conversations.forEach((conversation, index) => {
            gone.delete(conversation.address);
            let entry = this.#entries.get(conversation.address);
            if (!entry) this.#entries.set(conversation.address, (entry = new ConversationEntry(conversation, own?.server ?? '')));
            entry.update(conversation);
            const there = this.list?.children[index];
            if (there !== entry.element) this.list?.insertBefore(entry.element, there ?? null);
        });
        for (const address of gone) {
            this.#entries.get(address)?.element.remove();
            this.#entries.delete(address);
        }
        // A row that was moved to its new place has lost the focus on the way.
        if (focused instanceof HTMLElement && focused !== document.activeElement && this.list?.contains(focused)) focused.focus();
        if (this.empty) this.empty.hidden = conversations.length > 0;
        this.#mark();
        this.roving?.refresh();
    }

    #mark() {
        const { route } = this.home.store.state;
        for (const [address, entry] of this.#entries) entry.select(route.view === 'conversation' && route.address === address);
    }
}

/** One conversation in the column. */
class ConversationEntry {
    /** @type {Conversation|null} */
    #conversation = null;
    #time = h('time.conversation-time', null);
    #preview = h('span.conversation-preview.truncate', { dir: 'auto' });
    #badge = badge({ count: 0, label: '' });

    /** @param {Conversation} conversation @param {string} ownServer */
    constructor({ address, username }, ownServer) {
        const server = serverOf(address);
        this.link = h(
            'a.conversation-entry',
            { href: `#/direct/${encodeURIComponent(address)}`, title: address, 'data-address': address, 'data-type-ahead': username },
            avatar({ address, username, presence: 'spoken' }),
            h('span.conversation-name.truncate', null, h('bdi', null, username), server !== ownServer && h('bdi.conversation-server', null, `@${server}`)),
            this.#time,
            this.#preview,
            this.#badge,
        );
        this.element = h('li', null, this.link);
    }

    /** @param {Conversation} conversation */
    update(conversation) {
        if (conversation === this.#conversation) return;
        this.#conversation = conversation;
        this.refreshTime();
        this.#preview.replaceChildren(...previewOf(conversation));
        this.#badge.show(conversation.unread, t('conversations.unread', { count: conversation.unread }));
        this.link.classList.toggle('unread', conversation.unread > 0);
    }

    /** @param {boolean} isSelected */
    select(isSelected) {
        if (isSelected) this.link.setAttribute('aria-current', 'page');
        else this.link.removeAttribute('aria-current');
    }

    refreshTime() {
        const at = this.#conversation ? lastActivity(this.#conversation) : 0;
        this.#time.hidden = at === 0;
        if (at === 0) return;
        this.#time.setAttribute('datetime', new Date(at).toISOString());
        this.#time.title = fullText(at, currentLocale());
        this.#time.textContent = shortText(at, Date.now(), currentLocale());
    }
}

/** What was said last; before it what waits for a person: a message that was not sent, a draft. @param {Conversation} conversation @returns {Array<Node|string>} */
function previewOf({ address, outgoing, draft, preview }) {
    const failed = outgoing.find((entry) => entry.state === 'failed');
    if (failed) return [icon('alert'), h('span.conversation-failed', null, `${t('conversations.failed')} `), h('bdi', null, summary(failed.text, 80))];
    if (draft.trim() !== '') return [h('span.conversation-draft', null, `${t('conversations.draft')} `), h('bdi', null, summary(draft, 80))];
    const pending = outgoing.at(-1);
    if (pending) return [`${t('conversations.you')} `, h('bdi', null, summary(pending.text, 80))];
    if (!preview) return [t('conversations.nothing')];
    const text = summary(preview.text, 80);
    // Alone it gives the line its direction, so that the end of it is cut and not its beginning.
    return preview.fromAddress === address ? [text] : [`${t('conversations.you')} `, h('bdi', null, text)];
}
