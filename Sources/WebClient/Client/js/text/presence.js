/** @file Whether somebody is online, else when he was, in words. */

import { t } from './catalogue.js';
import { agoText, dayAloneText } from './dates.js';

/** Since when (ms) it is said in numbers how long ago it was. */
const justNow = 60_000;

/** @param {import('../store/types.js').Presence} presence @param {number} now @param {string} locale */
export function presenceText({ status, lastSeen }, now, locale) {
    if (status === 'online' || !lastSeen) return t(`presence.${status}`);
    const at = Date.parse(lastSeen);
    if (now - at < justNow) return t('presence.seen-now');
    const ago = agoText(at, now, locale);
    return ago ? t('presence.seen', { ago }) : t('presence.seen-on', { date: dayAloneText(at, now, locale) });
}
