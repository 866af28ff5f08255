/**
 * @file The elements that are loaded when they are first wanted, by the part of the page that they make. Only this file imports their
 * modules, by `import()`, so they and what only they need are not in the first load.
 */

import { stylesheet } from '../components/on-demand.js';

/** @type {Record<string, () => Promise<Record<string, CustomElementConstructor>>>} */
const parts = {
    conversation: async () => {
        const [{ HomeConversation }, { HomeTimeline }, { HomeComposer }] = await Promise.all([
            import('./conversation.js'), import('./timeline.js'), import('./composer.js'), stylesheet('timeline'), stylesheet('composer'),
        ]);
        return { 'home-timeline': HomeTimeline, 'home-composer': HomeComposer, 'home-conversation': HomeConversation };
    },
    friends: async () => ({ 'home-friends': (await import('./friends.js')).HomeFriends }),
    settings: async () => {
        const [{ HomeSettings }, { HomePrivacy }, { HomeSessions }] = await Promise.all([
            import('./settings.js'), import('./privacy.js'), import('./sessions.js'), stylesheet('settings'),
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
    const elements = await parts[name]();
    for (const [tag, element] of Object.entries(elements)) if (!customElements.get(tag)) customElements.define(tag, element);
}
