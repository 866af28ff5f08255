/**
 * @file `<home-timeline>`: the messages of the conversation that the route names. It keeps a range of them in the page
 * (timeline-window.js), stays where one reads (timeline-scroll.js), and says when something was read. It sends `reply` with the message.
 */

import { button } from '../components/button.js';
import { shownCommunity } from '../store/selectors.js';
import { t } from '../text/catalogue.js';
import { summary } from '../text/markdown.js';
import { h } from '../ui/dom.js';
import { onNewDay } from '../ui/clock.js';
import { View } from '../ui/view.js';
import { shownConversation } from './conversation-shown.js';
import { MessageActions } from './message-actions.js';
import { itemsOf, isOutgoing, keyOf } from './timeline-items.js';
import { TimelineKeys } from './timeline-keys.js';
import { TimelineReading } from './timeline-reading.js';
import { TimelineRows } from './timeline-rows.js';
import { TimelineScroll } from './timeline-scroll.js';
import { TimelineBottom, TimelineTop } from './timeline-top.js';
import { around, isReplaced, moved, newest, next, withNewer, withOlder } from './timeline-window.js';

/** @typedef {import('../store/types.js').Conversation} Conversation @typedef {import('./timeline-items.js').Item} Item */

/** More than so many messages at once are only counted aloud. */
const mostSaid = 3;

export class HomeTimeline extends View {
    /** @type {Conversation|null} */
    #conversation = null;
    /** @type {Item[]} */
    #items = [];
    /** @type {string[]} */
    #keys = [];
    #range = { start: 0, end: 0 };
    /** @type {TimelineReading|null} */
    #reading = null;
    /** One has asked for the newest message, which is not loaded yet, and has done nothing else since. */
    #awaitsNewest = false;

    build() {
        const { actions } = this.home;
        const copy = (/** @type {string} */ text) => void actions.copy(text).catch(() => {});
        this.list = h('div.timeline-rows', null);
        this.rows = new TimelineRows(this.list, {
            namesOf: (mentions) => this.namesOf(mentions),
            find: (messageId) => this.#items.find((item) => !isOutgoing(item) && item.messageId === messageId) ?? null,
            now: () => Date.now(),
            copy,
            retry: (item) => this.#retry(item),
            remove: (item) => actions.cancel(/** @type {string} */ (item.nonce)),
            show: (messageId) => this.#showMessage(messageId),
        });
        this.top = new TimelineTop(() => this.#load('load-older'));
        this.bottom = new TimelineBottom(() => this.#load('load-newer'));
        this.scroller = h('div.timeline-scroller', { role: 'log', 'aria-live': 'off', tabindex: '-1' }, this.top.element, this.list, this.bottom.element);
        this.scroll = new TimelineScroll(this.scroller, this.rows);
        this.messageActions = new MessageActions({
            copy,
            reply: (message) => this.dispatchEvent(new CustomEvent('reply', { detail: message, bubbles: true })),
            cancel: ({ nonce }) => actions.cancel(nonce),
            more: (message) => this.moreFor(message),
        });
        this.jump = button({ label: t('timeline.present'), icon: 'arrow-down', kind: 'plain', onclick: () => this.toNewest() });
        this.jump.classList.add('jump');
        // The log itself is silent, so that neither history nor rows that come back into the page are read aloud: what is new is said here.
        this.announcer = h('div.visually-hidden', { 'aria-live': 'polite' });
        this.append(this.scroller, this.jump, this.announcer);
    }

    connected() {
        const keys = new TimelineKeys({ scroller: this.scroller, rows: this.rows, actions: this.messageActions, toOldest: () => this.#toOldest(), toNewest: () => this.toNewest() });
        for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown']) this.listen(this.scroller, type, () => this.#acted(), { passive: true });
        this.listen(this.scroller, 'keydown', (event) => keys.pressed(event));
        this.listen(this.scroller, 'scroll', () => this.#scrolled());
        this.listen(this.scroller, 'pointerover', (event) => this.messageActions.show(this.rows.of(event.target)));
        this.listen(this.scroller, 'pointerleave', () => this.messageActions.show(this.rows.of(document.activeElement)));
        this.listen(this.scroller, 'focusin', (event) => this.#focused(event.target));
        this.listen(window, 'focus', () => this.#attend());
        this.listen(document, 'visibilitychange', () => this.#attend());
        const sizes = new ResizeObserver(() => this.#resized());
        sizes.observe(this.scroller);
        sizes.observe(this.list);
        sizes.observe(this.bottom.element);
        const { actions } = this.home;
        this.signal.addEventListener('abort', () => {
            sizes.disconnect();
            if (this.#conversation) actions.savePlace(this.#conversation.address, this.scroll.place);
        });
        onNewDay(() => this.#conversation && this.scroll.hold(() => this.#render()), this.signal);
        this.watch(shownConversation, (conversation) => this.#show(conversation));
        this.watch((state) => state.link.status === 'live' && !shownCommunity(state)?.isStale, (isBack) => isBack && this.#conversation?.loadFailure && this.#load('load-older'));
    }

    /** How those are written that a message mentions; a channel knows. @type {(mentions: ReadonlyArray<string>) => Array<{name: string, isMe: boolean}>} */
    namesOf = () => [];

    /** What else can be done with a message, for a menu; a channel says. @type {(message: import('../store/types.js').Message) => import('../components/menu.js').MenuItem[]} */
    moreFor = () => [];

    /** Goes to the newest message, wherever one is. */
    toNewest() {
        if (!this.#conversation) return;
        this.#acted();
        this.#awaitsNewest = this.#conversation.stale;
        this.#range = newest(this.#items.length);
        this.#render();
        this.scroll.toEnd();
        if (this.#conversation.stale) this.#load('load-newer');
        this.#later();
    }

    #acted() {
        this.#reading?.opened();
        this.#awaitsNewest = false;
    }

    /** @param {Conversation|null} conversation */
    #show(conversation) {
        const before = this.#conversation;
        if (before?.address !== conversation?.address) this.#awaitsNewest = false;
        if (before && before.address !== conversation?.address) this.home.actions.savePlace(before.address, this.scroll.place);
        this.#conversation = conversation;
        this.#items = conversation ? itemsOf(conversation) : [];
        const keys = this.#items.map(keyOf);
        if (!conversation) this.rows.clear();
        else if (before?.address !== conversation.address || isReplaced(this.#range, this.#keys, keys)) this.#open(conversation, keys);
        else this.#change(before, conversation, keys);
        this.#awaitsNewest &&= conversation?.stale === true;
        this.#keys = keys;
    }

    /** @param {Conversation} conversation @param {string[]} keys */
    #open(conversation, keys) {
        this.#reading = new TimelineReading(conversation);
        if (this.#awaitsNewest) this.#reading.opened();
        this.rows.clear();
        this.announcer.replaceChildren();
        this.scroller.setAttribute('aria-label', t('timeline.with', { name: conversation.username }));
        // Where one was, unless there is something new to read.
        const index = conversation.place && conversation.unread === 0 ? keys.indexOf(conversation.place.key) : -1;
        this.#range = index < 0 ? newest(keys.length) : around(keys.length, index);
        this.#render();
        if (index < 0) this.scroll.toEnd();
        else this.scroll.toPlace(/** @type {import('../store/types.js').Place} */ (conversation.place));
        this.#later();
    }

    /** @param {Conversation} before @param {Conversation} conversation @param {string[]} keys */
    #change(before, conversation, keys) {
        this.#reading?.changed(before, conversation, this.#isAttending);
        this.#range = moved(this.#range, this.#keys, keys, this.scroll.sticks);
        this.scroll.hold(() => this.#render());
        // Before it is painted: lines above the first row go when others come before it.
        this.#fill();
        this.#say(before, conversation);
        this.#later();
    }

    /** The rest waits for the next frame: what one looks at is there first. */
    #later() {
        requestAnimationFrame(() => {
            if (!this.isConnected || !this.#conversation) return;
            this.#fill();
            this.#attend();
        });
    }

    #render() {
        const conversation = /** @type {Conversation} */ (this.#conversation);
        const hadFocus = this.list?.contains(document.activeElement);
        this.scroller.setAttribute('aria-busy', String(conversation.loading !== null));
        this.top.show(conversation, this.#range.start === 0);
        this.bottom.show(conversation, this.#range.end === this.#items.length);
        this.rows.render(this.#items, this.#range, this.#reading?.newKey(conversation) ?? null);
        this.messageActions.refresh();
        if (hadFocus && !this.list.contains(document.activeElement)) this.scroller.focus({ preventScroll: true });
    }

    /** Takes rows in until there is enough on both sides of the window; what is not loaded is asked for. */
    #fill() {
        const conversation = this.#conversation;
        if (!conversation || this.scroll.height === 0) return;
        for (let round = 0; round < 8; round += 1) {
            const { above, below, height } = this.scroll;
            const hasOlder = !conversation.complete && conversation.lastSeq > 0;
            const what = next({ range: this.#range, count: this.#items.length, above, below, height, hasOlder, hasNewer: conversation.stale });
            if (what !== 'older' && what !== 'newer') {
                if (what && !conversation.loadFailure) this.#load(what);
                break;
            }
            this.#range = what === 'older' ? withOlder(this.#range) : withNewer(this.#range, this.#items.length);
            this.scroll.hold(() => this.#render());
        }
    }

    /** @param {'load-older'|'load-newer'} what  a failure is in the state, and shown from there */
    #load(what) {
        if (!this.#conversation || this.#conversation.loading) return;
        const { address } = this.#conversation;
        const { loadOlder, loadNewer } = this.home.actions;
        void (what === 'load-older' ? loadOlder(address) : loadNewer(address)).catch(() => {});
    }

    #scrolled() {
        this.scroll.note(this.#range.end === this.#items.length);
        this.#fill();
        this.#attend();
    }

    #resized() {
        this.scroll.restore();
        this.#fill();
        // It may have been hidden until now.
        this.#attend();
    }

    get #isAttending() {
        return document.visibilityState === 'visible' && document.hasFocus() && this.scroll.height > 0 && this.scroll.sticks && !this.#reading?.isOpening;
    }

    /** Shows where the new begins, once it is loaded; says what was read, when one is at its end and looks. */
    #attend() {
        const conversation = this.#conversation;
        if (!conversation || !this.#reading) return;
        if (this.#reading.isOpening && !conversation.stale && !conversation.loading) this.#showNew(conversation);
        const isFar = !this.scroll.sticks && (this.#range.end < this.#items.length || this.scroll.below > 120);
        const label = conversation.unread > 0 ? t('timeline.present-new', { count: conversation.unread }) : t('timeline.present');
        this.jump.hidden = !isFar;
        /** @type {HTMLElement} */ (this.jump.lastElementChild).textContent = label;
        if (!this.#isAttending || conversation.stale) return;
        const seq = this.#reading.read(conversation);
        if (seq !== null) this.home.actions.markRead(conversation.address, seq);
    }

    /** @param {Conversation} conversation */
    #showNew(conversation) {
        this.#reading?.opened();
        const key = this.#reading?.newKey(conversation);
        if (!key) return;
        if (!this.rows.get(key)) {
            this.#range = around(this.#items.length, this.#keys.indexOf(key));
            this.#render();
        }
        const row = this.rows.get(key);
        const { top } = this.scroller.getBoundingClientRect();
        if (row && row.element.getBoundingClientRect().top < top) this.scroll.toRow(row, 0.25);
    }

    /** @param {Conversation} before @param {Conversation} conversation */
    #say(before, conversation) {
        const fresh = this.#reading?.unsaid(conversation) ?? [];
        const failed = conversation.outgoing.filter((entry) => entry.state === 'failed' && before.outgoing.some((one) => one.nonce === entry.nonce && one.state !== 'failed'));
        const said = fresh.length > mostSaid
            ? [t('timeline.came', { count: fresh.length })]
            : fresh.map((message) => `${message.fromUsername}: ${summary(message.text, 300)}`);
        for (const entry of failed) said.push(t('timeline.failed', { text: summary(entry.text, 60) }));
        this.announcer.append(...said.map((text) => h('p', null, text)));
        while (this.announcer.children.length > 2 * mostSaid) this.announcer.firstElementChild?.remove();
    }

    /** @param {EventTarget|null} target */
    #focused(target) {
        const row = this.rows.of(target);
        if (!row) return;
        this.rows.makeStop(row);
        this.messageActions.show(row);
    }

    #toOldest() {
        this.#range = { start: 0, end: Math.min(this.#items.length, 40) };
        this.#render();
        this.scroller.scrollTop = 0;
        this.#scrolled();
    }

    /** @param {string} messageId */
    #showMessage(messageId) {
        const index = this.#items.findIndex((item) => !isOutgoing(item) && item.messageId === messageId);
        if (index < 0) return;
        if (!this.rows.get(this.#keys[index])) {
            this.#range = around(this.#items.length, index);
            this.#render();
        }
        const row = this.rows.get(this.#keys[index]);
        if (!row) return;
        this.scroll.toRow(row, 0.3);
        row.article.focus({ preventScroll: true });
        row.article.classList.add('shown');
        row.article.addEventListener('animationend', () => row.article.classList.remove('shown'), { once: true });
    }

    /** A message that the other homeserver refused has its number already: trying again means to send another one. @param {Item} item */
    #retry(item) {
        const { actions } = this.home;
        if (isOutgoing(item)) actions.retry(item.nonce);
        else actions.sendAgain(/** @type {Conversation} */ (this.#conversation).address, item);
    }
}
