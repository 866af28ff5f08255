/** @file What the page runs first: it makes the application and puts it into the page. */

import { HomeToasts } from './components/toasts.js';
import { createHome } from './home.js';
import { HomeApp } from './views/app.js';
import { HomeBanner } from './views/banner.js';
import { HomeComposer } from './views/composer.js';
import { HomeConversation } from './views/conversation.js';
import { HomeConversationList } from './views/conversation-list.js';
import { HomeFriends } from './views/friends.js';
import { HomeSessions } from './views/sessions.js';
import { HomeSettings } from './views/settings.js';
import { HomeShell } from './views/shell.js';
import { HomeSignIn } from './views/sign-in.js';
import { HomeStart } from './views/start.js';
import { HomeSwitcher } from './views/switcher.js';
import { HomeTimeline } from './views/timeline.js';

const elements = {
    'home-app': HomeApp,
    'home-banner': HomeBanner,
    'home-composer': HomeComposer,
    'home-conversation': HomeConversation,
    'home-conversation-list': HomeConversationList,
    'home-friends': HomeFriends,
    'home-sessions': HomeSessions,
    'home-settings': HomeSettings,
    'home-shell': HomeShell,
    'home-sign-in': HomeSignIn,
    'home-start': HomeStart,
    'home-switcher': HomeSwitcher,
    'home-timeline': HomeTimeline,
    'home-toasts': HomeToasts,
};
for (const [name, element] of Object.entries(elements)) customElements.define(name, element);

const home = createHome();
const app = new HomeApp();
app.home = home;
document.body.append(app);
home.start();
registerWorker();

/** The service worker keeps the shell; without one the page works too, only not without a network. */
function registerWorker() {
    if (!('serviceWorker' in navigator)) return;
    const worker = '/worker.js';
    const policy = window.trustedTypes?.createPolicy('home', {
        createScriptURL(/** @type {string} */ url) {
            if (url !== worker) throw new TypeError(`${url} is no worker of ours`);
            return url;
        },
    });
    navigator.serviceWorker.register(policy ? policy.createScriptURL(worker) : worker).catch(reportError);
}
