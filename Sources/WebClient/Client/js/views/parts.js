/**
 * @file The elements that are loaded when they are first wanted, by the part of the page that they make. Only this file imports their
 * modules, by `import()`, so they and what only they need are not in the first load.
 */

import { stylesheet } from '../components/on-demand.js';
import { useTexts } from '../text/catalogue.js';

/** What a conversation and a channel are made of. */
async function timeline() {
    const [{ HomeTimeline }, { HomeComposer }] = await Promise.all([
        import('./timeline.js'), import('./composer.js'), useTexts('conversation'), stylesheet('timeline'), stylesheet('composer'),
    ]);
    return { 'home-timeline': HomeTimeline, 'home-composer': HomeComposer };
}

/** What everything of communities needs. */
const communities = () => Promise.all([useTexts('communities'), stylesheet('communities')]);

/** @type {Record<string, () => Promise<Record<string, CustomElementConstructor>>>} */
const parts = {
    conversation: async () => {
        const [elements, { HomeConversation }] = await Promise.all([timeline(), import('./conversation.js')]);
        return { ...elements, 'home-conversation': HomeConversation };
    },
    community: async () => {
        const [{ HomeCommunity }, { HomeCommunityColumn }] = await Promise.all([import('./community.js'), import('./community-column.js'), communities()]);
        return { 'home-community': HomeCommunity, 'home-community-column': HomeCommunityColumn };
    },
    channel: async () => {
        const [elements, { HomeChannel }, { HomeMemberList }] = await Promise.all([timeline(), import('./channel.js'), import('./member-list.js'), communities()]);
        return { ...elements, 'home-member-list': HomeMemberList, 'home-channel': HomeChannel };
    },
    'community-settings': async () => {
        const [{ HomeCommunitySettings }, general, channels, roles, members, invites, reports, audit] = await Promise.all([
            import('./community-settings.js'), import('./community-general.js'), import('./community-channels.js'), import('./community-roles.js'),
            import('./community-members.js'), import('./community-invites.js'), import('./community-reports.js'), import('./community-audit.js'),
            communities(), stylesheet('settings'),
        ]);
        return {
            'home-community-general': general.HomeCommunityGeneral,
            'home-community-channels': channels.HomeCommunityChannels,
            'home-community-roles': roles.HomeCommunityRoles,
            'home-community-members': members.HomeCommunityMembers,
            'home-community-invites': invites.HomeCommunityInvites,
            'home-community-reports': reports.HomeCommunityReports,
            'home-community-audit': audit.HomeCommunityAudit,
            'home-community-settings': HomeCommunitySettings,
        };
    },
    join: async () => ({ 'home-join': (await Promise.all([import('./join.js'), communities()]))[0].HomeJoin }),
    friends: async () => ({ 'home-friends': (await import('./friends.js')).HomeFriends }),
    settings: async () => {
        const [{ HomeSettings }, { HomePrivacy }, { HomeSessions }] = await Promise.all([
            import('./settings.js'), import('./privacy.js'), import('./sessions.js'), useTexts('settings'), stylesheet('settings'),
        ]);
        return { 'home-settings': HomeSettings, 'home-privacy': HomePrivacy, 'home-sessions': HomeSessions };
    },
    switcher: async () => {
        const [{ HomeSwitcher }] = await Promise.all([import('./switcher.js'), stylesheet('switcher')]);
        return { 'home-switcher': HomeSwitcher };
    },
};

/** Whether the part has to be loaded first. @param {string} name */
export function isMissing(name) {
    return name in parts && !customElements.get(`home-${name}`);
}

/** Elements of it that stand in the page already come to life. @param {string} name */
export async function loadPart(name) {
    const [elements] = await Promise.all([parts[name](), useTexts('people')]);
    for (const [tag, element] of Object.entries(elements)) if (!customElements.get(tag)) customElements.define(tag, element);
}
