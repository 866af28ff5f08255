/** @file The count of unread messages where it is seen without looking at the page: the title, the icon of the tab, the icon of the app. */

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

/** @param {number} count */
export const shortCount = (count) => (count > most ? `${most}+` : String(count));

/** @param {any} navigator @param {number} unread */
function badgeApp(navigator, unread) {
    const done = unread ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.();
    // Browsers have the function also where there is no app to badge.
    done?.catch(() => {});
}

/** A house with the count on a red dot: 32 × 32. @param {Document} document @param {string} text @returns {string|null} */
function badgedIcon(document, text) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 32;
    const pen = canvas.getContext('2d');
    if (!pen) return null;
    pen.fillStyle = '#3b5bdb';
    pen.fill(new Path2D('M16 3 2 15h4v14h20V15h4z'));
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
