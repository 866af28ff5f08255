/** @file Makes the application and puts it into the page. The elements here are those of the first view; views/parts.js has the others. */

import { HomeToasts } from './components/toasts.js';
import { createHome } from './home.js';
import { texts } from './language.js';
import { HomeApp } from './views/app.js';
import { HomeBanner } from './views/banner.js';
import { HomeConversationList } from './views/conversation-list.js';
import { HomeLastSeen } from './views/last-seen.js';
import { HomeOwnStatus } from './views/own-status.js';
import { HomePresence } from './views/presence.js';
import { HomeRail } from './views/rail.js';
import { HomeShell } from './views/shell.js';
import { HomeSignIn } from './views/sign-in.js';
import { HomeStart } from './views/start.js';

const elements = {
    'home-app': HomeApp,
    'home-banner': HomeBanner,
    'home-conversation-list': HomeConversationList,
    'home-last-seen': HomeLastSeen,
    'home-own-status': HomeOwnStatus,
    'home-presence': HomePresence,
    'home-rail': HomeRail,
    'home-shell': HomeShell,
    'home-sign-in': HomeSignIn,
    'home-start': HomeStart,
    'home-toasts': HomeToasts,
};
for (const [name, element] of Object.entries(elements)) customElements.define(name, element);

await texts;
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
