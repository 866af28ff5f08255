/** @file What is seen without looking at the page: where one is, and the count of unread messages; in the title, the icon of the tab, the icon of the app. */

const most = 99;

/**
 * @param {Document} document
 * @param {Navigator} navigator
 */
export function titleFor(document, navigator) {
    /** @type {string|null} */
    let plainIcon = null;
    /** @param {number} unread @param {string} name  of the page */
    return (unread, name) => {
        document.title = unread ? `(${shortCount(unread)}) ${name}` : name;
        badgeApp(navigator, unread);
        const link = /** @type {HTMLLinkElement|null} */ (document.querySelector('link[rel~=icon]'));
        if (!link) return;
        plainIcon ??= link.href;
        link.href = unread ? badgedIcon(document, shortCount(unread)) ?? plainIcon : plainIcon;
    };
}

/**
 * What the page is called: where one is, so that tabs and the way back are told apart.
 * @param {import('../store/types.js').Route} route
 * @param {(key: string) => string} t
 * @param {string|null} [name]  of the community or the channel in which one is, where it is known
 */
export function pageName({ view, address }, t, name = null) {
    const place = name ?? (address?.includes('@') ? address.split('@')[0] : view === 'home' ? null : t(`${view}.title`));
    return place ? `${place} · ${t('app.name')}` : t('app.name');
}

/** @param {number} count */
export const shortCount = (count) => (count > most ? `${most}+` : String(count));

/** @param {any} navigator @param {number} unread */
function badgeApp(navigator, unread) {
    const done = unread ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.();
    // Browsers have the function also where there is no app to badge.
    done?.catch(() => {});
}

/** The mark of favicon.svg with the count on a red dot: 32 × 32. @param {Document} document @param {string} text @returns {string|null} */
function badgedIcon(document, text) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 32;
    const pen = canvas.getContext('2d');
    if (!pen) return null;
    pen.scale(32 / 48, 32 / 48);
    pen.fillStyle = '#0b6a5f';
    pen.fill(new Path2D('M21.5 5.4 5.7 17.9A4.5 4.5 0 0 0 4 21.4V37a5 5 0 0 0 5 5h8.2l5.4 4.7a2.1 2.1 0 0 0 2.8 0L30.8 42H39a5 5 0 0 0 5-5V21.4a4.5 4.5 0 0 0-1.7-3.5L26.5 5.4a4 4 0 0 0-5 0Z'));
    pen.resetTransform();
    pen.fillStyle = '#d6263d';
    pen.beginPath();
    pen.arc(21, 21, 11, 0, 2 * Math.PI);
    pen.fill();
    pen.fillStyle = '#fff';
    pen.font = `bold ${text.length > 2 ? 10 : 14}px sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(text, 21, 22);
    return canvas.toDataURL('image/png');
}
