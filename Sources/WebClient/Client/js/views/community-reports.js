/** @file `<home-community-reports>`: messages that members have reported, for those who handle them. */

import { button } from '../components/button.js';
import { choice } from '../components/choice.js';
import { field } from '../components/field.js';
import { menu } from '../components/menu.js';
import { shownCommunity } from '../store/selectors.js';
import { currentLocale, t } from '../text/catalogue.js';
import { momentText } from '../text/dates.js';
import { h } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { askDialog } from './ask-dialog.js';
import { memberItems } from './moderation.js';
import { loadedList, section } from './settings-parts.js';

export class HomeCommunityReports extends View {
    /** @type {'open'|'closed'} */
    #which = 'open';

    build() {
        this.reports = loadedList({
            load: () => this.home.actions.listOf(this.#id, 'reports', { state: this.#which }),
            key: (/** @type {any} */ { report_id: id, state }) => `${id} ${state}`,
            row: (report) => this.#row(report),
            empty: t('reports.none'),
        });
        const which = choice({
            label: t('reports.which'),
            value: this.#which,
            options: [{ value: 'open', label: t('reports.open') }, { value: 'closed', label: t('reports.closed') }],
            onchange: (value) => {
                this.#which = /** @type {'open'|'closed'} */ (value);
                void this.reports?.reload();
            },
        });
        this.append(section(t('community.part-reports'), which, this.reports.element));
    }

    connected() {
        // Another one has come, or somebody else has closed one.
        this.watch((state) => shownCommunity(state)?.reportChanges ?? 0, () => void this.reports?.reload());
    }

    get #id() {
        return this.home.store.state.route.community ?? '';
    }

    /** @param {any} report */
    #row(report) {
        const { author_user_id: author, reporter_user_id: reporter, message, reason, created_at: at, state, closed_by: closedBy, note } = report;
        const { store, actions } = this.home;
        const show = button({ label: t('reports.show'), kind: 'plain', onclick: () => actions.navigate({ view: 'channel', address: report.channel_id, community: this.#id }) });
        const close = button({ label: t('reports.close'), kind: 'primary', onclick: () => void this.#close(report) });
        const more = menu({ label: t('friends.more', { name: author }), items: () => {
            const community = shownCommunity(store.state);
            const remove = { label: t('moderation.delete'), icon: 'trash', danger: true, onselect: () => void this.#delete(report) };
            return community ? [remove, ...memberItems(this.home, community, { address: author, username: author.split('@')[0] })] : [];
        } });
        return h(
            'li.report',
            null,
            h('div.who', null,
                h('p.row-name', null, h('bdi', null, author)),
                h('blockquote.quoted', { dir: 'auto' }, message),
                h('p', { dir: 'auto' }, reason),
                h('p.detail', null, t('reports.by', { name: reporter, date: momentText(Date.parse(at), currentLocale()) })),
                state === 'closed' && h('p.detail', { dir: 'auto' }, t('reports.closed-by', { name: closedBy ?? '' }), note && `: ${note}`)),
            h('div.actions', null, show, more, state === 'open' && close),
        );
    }

    /** @param {any} report */
    async #close({ report_id: id }) {
        const note = field({ label: t('reports.note'), name: 'note', hint: t('reports.note-hint'), maxlength: 512 });
        await askDialog({
            title: t('reports.close-title'),
            fields: [note],
            confirm: t('reports.close'),
            act: () => this.home.actions.closeReport(this.#id, id, note.value.trim()),
        });
        await this.reports?.reload();
    }

    /** @param {any} report */
    async #delete({ channel_id: channelId, message_id: messageId, message, author_user_id: author }) {
        const reason = field({ label: t('moderation.reason'), name: 'reason', hint: t('moderation.reason-hint'), maxlength: 512 });
        await askDialog({
            title: t('moderation.delete-title'),
            text: t('moderation.delete-text', { name: author }),
            fields: [h('blockquote.quoted', { dir: 'auto' }, message.slice(0, 200)), reason],
            confirm: t('moderation.delete'),
            danger: true,
            act: () => this.home.actions.deleteMessage(channelId, messageId, reason.value.trim()),
        });
    }
}
