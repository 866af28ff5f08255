/**
 * @file `<home-join>`: ways into a community: invitations that wait for an answer, a link or its code, and making one. With a code in the
 * route it first shows what stands behind it.
 */

import { avatar } from '../components/avatar.js';
import { backLink } from '../components/back-link.js';
import { button } from '../components/button.js';
import { field } from '../components/field.js';
import { invitationList } from '../store/selectors.js';
import { currentLocale, t } from '../text/catalogue.js';
import { dateText } from '../text/dates.js';
import { failureText } from '../text/problems.js';
import { h, icon } from '../ui/dom.js';
import { uniqueId } from '../ui/id.js';
import { keyed } from '../ui/keyed.js';
import { View } from '../ui/view.js';
import { attempt } from './attempt.js';
import { isFilled } from './ask-dialog.js';

/** @typedef {import('../store/types.js').Invitation} Invitation */

/** The code in what somebody pasted: a link, a code, a code with its homeserver. @param {string} text @returns {string|null} */
export function codeOf(text) {
    const [, inLink] = /#\/join\/([^\s/?#]+)/.exec(text) ?? [];
    let code = (inLink ?? text).trim();
    try {
        code = decodeURIComponent(code);
    } catch {
        return null;
    }
    return /^[A-Za-z0-9_-]{1,64}(?:@[a-z0-9.-]{1,253})?$/.test(code) ? code : null;
}

export class HomeJoin extends View {
    /** The community that was asked to be let in, until it is there. @type {string|null} */
    #awaited = null;

    build() {
        this.preview = h('section.join-preview', { 'aria-live': 'polite' });
        const list = h('ul.join-cards');
        this.invitations = h('section', { 'aria-labelledby': 'join-invitations' }, h('h2', { id: 'join-invitations' }, t('join.invitations')), list);
        this.show = keyed(list, (/** @type {Invitation} */ { invitationId }) => invitationId, (invitation) => this.#card(invitation));
        this.status = h('p.outcome', { role: 'status' });
        this.append(
            h('header.view-header', null, backLink(), h('h1', { tabindex: '-1' }, t('join.heading'))),
            h('div.view-body', null, this.status, this.preview, this.invitations, part(t('join.by-link'), this.#linkForm()), part(t('join.create'), this.#createForm())),
        );
    }

    connected() {
        this.watch(invitationList, (invitations) => {
            this.show?.(invitations);
            this.invitations.hidden = invitations.length === 0;
        });
        this.watch((state) => state.route.part ?? '', (code) => void this.#look(code));
        this.watch((state) => state.communities, (communities) => {
            if (this.#awaited && communities.has(this.#awaited)) this.#enter(this.#awaited);
        });
    }

    /** @param {string} community */
    #enter(community) {
        this.#awaited = null;
        this.home.actions.navigate({ view: 'community', address: null, community });
    }

    /** @param {{server_id: string, state: 'joined'|'joining'}} answer @param {string} name */
    #joined({ server_id: id, state }, name) {
        if (state === 'joined' || this.home.store.state.communities.has(id)) return this.#enter(id);
        this.#awaited = id;
        // An invitation says it itself.
        if (invitationList(this.home.store.state).some(({ communityId }) => communityId === id)) return;
        this.status.replaceChildren(icon('clock'), h('span', null, t('join.waiting', { name })));
    }

    /** @param {Invitation} invitation */
    #card(invitation) {
        const { communityId, communityName, fromAddress, fromUsername, expiresAt, isAccepted } = invitation;
        return h(
            'li.join-card',
            null,
            avatar({ address: communityId, username: communityName }),
            h('div.who', null, h('h3.truncate', { title: communityName }, h('bdi', null, communityName)),
                h('p.muted.small', { title: fromAddress }, t('join.invited-by', { name: fromUsername, date: dateText(Date.parse(expiresAt), currentLocale()) })),
                isAccepted && h('p.join-waiting', { role: 'status' }, h('span.spinner', { 'aria-hidden': 'true' }), h('span', null, t('join.waiting', { name: communityName })))),
            !isAccepted && this.#answers(invitation),
        );
    }

    /** @param {Invitation} invitation */
    #answers({ invitationId, communityName }) {
        const { actions } = this.home;
        const accept = button({ label: t('join.accept'), icon: 'check', kind: 'primary' });
        const decline = button({ label: t('join.decline'), kind: 'plain' });
        accept.addEventListener('click', () => attempt(this.home, async () => this.#joined(await actions.acceptInvitation(invitationId), communityName), accept));
        decline.addEventListener('click', () => attempt(this.home, () => actions.declineInvitation(invitationId), decline));
        return h('div.actions', null, decline, accept);
    }

    #linkForm() {
        const code = field({ label: t('join.code'), name: 'code', autocomplete: 'off', hint: t('join.code-hint'), maxlength: 600 });
        const look = button({ label: t('join.look'), icon: 'search', kind: 'primary', type: 'submit' });
        const form = h('form.join-form', { novalidate: true }, code, look);
        form.addEventListener('submit', (event) => {
            event.preventDefault();
            if (!isFilled(code, 'join.code-missing')) return;
            const found = codeOf(code.value);
            if (!found) {
                code.showProblem(t('join.code-wrong'));
                return code.input.focus();
            }
            if (found === this.home.store.state.route.part) void this.#look(found);
            else this.home.actions.navigate({ view: 'join', address: null, part: found });
        });
        return form;
    }

    #createForm() {
        const { actions } = this.home;
        const name = field({ label: t('community.name'), name: 'name', maxlength: 64, required: true });
        const description = field({ label: t('community.description'), name: 'description', maxlength: 1024, hint: t('community.description-hint') });
        const problem = h('p.form-problem', { role: 'alert', hidden: true });
        const create = button({ label: t('join.create-action'), icon: 'plus', kind: 'primary', type: 'submit' });
        const form = h('form.join-form', { novalidate: true }, name, description, problem, create);
        form.addEventListener('submit', async (event) => {
            event.preventDefault();
            if (create.busy || !isFilled(name, 'community.name-missing')) return;
            create.busy = true;
            problem.hidden = true;
            try {
                this.#enter(await actions.createCommunity({ name: name.value.trim(), description: description.value.trim() }));
            } catch (error) {
                const failure = /** @type {import('../store/types.js').Failure} */ (error);
                const about = [name, description].find(({ input }) => input.name === failure.field);
                if (about) {
                    about.showProblem(failureText(t, failure));
                    about.input.focus();
                } else {
                    problem.replaceChildren(icon('alert'), h('span', null, failureText(t, failure)));
                    problem.hidden = false;
                }
            } finally {
                create.busy = false;
            }
        });
        return form;
    }

    /** What stands behind a code. @param {string} code */
    async #look(code) {
        this.status.replaceChildren();
        this.preview.hidden = code === '';
        this.preview.replaceChildren(...(code === '' ? [] : [h('span.spinner', { 'aria-hidden': 'true' }), h('span.visually-hidden', null, t('join.looking'))]));
        if (code === '') return;
        const isStill = () => this.isConnected && this.home.store.state.route.part === code;
        try {
            const found = await this.home.actions.previewLink(code);
            if (isStill()) this.preview.replaceChildren(...this.#found(code, found));
        } catch (error) {
            const failure = /** @type {import('../store/types.js').Failure} */ (error);
            const text = failure.code === 'not_found' ? t('join.unknown') : failureText(t, failure);
            if (isStill()) this.preview.replaceChildren(h('div.join-trouble', null, icon('alert'), h('p', null, text), button({ label: t('sessions.again'), icon: 'retry', onclick: () => void this.#look(code) })));
        }
    }

    /** @param {string} code @param {any} found */
    #found(code, { server_id: id, name, description, host, member_count: count, expires_at: expires, state }) {
        const { actions } = this.home;
        const titleId = uniqueId('preview');
        const join = button({ label: t('join.join'), icon: 'check', kind: 'primary' });
        join.addEventListener('click', () => attempt(this.home, async () => {
            try {
                this.#joined(await actions.joinByLink(code), name);
            } catch (failure) {
                // It ended while one looked: that stands where the card is.
                if (/** @type {any} */ (failure).code !== 'not_found') throw failure;
                await this.#look(code);
            }
        }, join));
        const open = button({ label: t('toast.open'), kind: 'primary', onclick: () => this.#enter(id) });
        return [h(
            'article.join-card.large',
            { 'aria-labelledby': titleId },
            avatar({ address: id, username: name, size: 'large' }),
            h('div.who', null,
                h('h2', { id: titleId }, h('bdi', null, name)),
                description && h('p.community-description', { dir: 'auto' }, description),
                h('p.muted.small', null, t('community.members', { count }), ' · ', h('bdi', null, host)),
                expires && h('p.muted.small', null, t('join.until', { date: dateText(Date.parse(expires), currentLocale()) })),
                state === 'joined' && h('p.small', null, t('join.is-member'))),
            h('div.actions', null, state === 'joined' ? open : join),
        )];
    }
}

/** @param {string} title @param {HTMLElement} content */
function part(title, content) {
    const id = uniqueId('join');
    return h('section', { 'aria-labelledby': id }, h('h2', { id }, title), content);
}
