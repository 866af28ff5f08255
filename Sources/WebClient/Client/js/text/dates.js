/** @file Days and times as a person says them, in the reader's language and time zone. `now` comes in, so that tests and watchers say when it is. */

/** Making a formatter costs more than formatting a thousand dates. @type {Map<string, any>} */
const formatters = new Map();

/** @param {string} language @param {Intl.DateTimeFormatOptions} options @returns {Intl.DateTimeFormat} */
function formatter(language, options) {
    const key = language + JSON.stringify(options);
    if (!formatters.has(key)) formatters.set(key, new Intl.DateTimeFormat(language, options));
    return formatters.get(key);
}

/** @param {string} language @param {number} count @param {'minute'|'hour'|'day'} unit @returns {string} `5 minutes ago`, `today`, `yesterday` */
function relative(language, count, unit) {
    const key = `relative ${language}`;
    if (!formatters.has(key)) formatters.set(key, new Intl.RelativeTimeFormat(language, { numeric: 'auto' }));
    return formatters.get(key).format(-count, unit);
}

/** The local day as a number that grows by one a day, whatever the clocks are changed to. @param {number} at ms @returns {number} */
export function dayOf(at) {
    const date = new Date(at);
    return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/** @param {number} at @param {string} language @returns {string} `14:03` */
export function timeText(at, language) {
    return formatter(language, { timeStyle: 'short' }).format(at);
}

/** @param {number} at @param {string} language @returns {string} `Monday, 3 March 2025 at 14:03` */
export function fullText(at, language) {
    return formatter(language, { dateStyle: 'full', timeStyle: 'short' }).format(at);
}

/** @param {number} at @param {string} language @returns {string} `3 Mar 2025` */
export function dateText(at, language) {
    return formatter(language, { dateStyle: 'medium' }).format(at);
}

/** @param {number} at @param {string} language @returns {string} `3 Mar 2025, 14:03` */
export function momentText(at, language) {
    return formatter(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** The line between two days. @param {number} at @param {number} now @param {string} language @returns {string} */
export function dayText(at, now, language) {
    const days = dayOf(now) - dayOf(at);
    if (days === 0 || days === 1) return upperFirst(relative(language, days, 'day'), language);
    const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    return formatter(language, { weekday: 'long', day: 'numeric', month: 'long', year: isThisYear ? undefined : 'numeric' }).format(at);
}

/** The short time of a list: `14:03` today, `yesterday`, `Mon`, `3 Mar`, `3/3/24`. @param {number} at @param {number} now @param {string} language @returns {string} */
export function shortText(at, now, language) {
    const days = dayOf(now) - dayOf(at);
    if (days <= 0) return timeText(at, language);
    if (days === 1) return relative(language, 1, 'day');
    if (days < 7) return formatter(language, { weekday: 'short' }).format(at);
    const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    return formatter(language, isThisYear ? { day: 'numeric', month: 'short' } : { dateStyle: 'short' }).format(at);
}

/**
 * How long ago it was: `5 minutes ago`, `3 hours ago`, `yesterday`, `4 days ago`. null: less than a minute, or longer than a week.
 * @param {number} at @param {number} now @param {string} language @returns {string|null}
 */
export function agoText(at, now, language) {
    const minutes = Math.floor((now - at) / 60_000);
    const days = dayOf(now) - dayOf(at);
    if (minutes < 1 || days >= 7) return null;
    if (minutes < 60) return relative(language, minutes, 'minute');
    // What was late in the evening was a few hours ago, and not yesterday, as long as it is night.
    if (days === 0 || minutes < 6 * 60) return relative(language, Math.floor(minutes / 60), 'hour');
    return relative(language, days, 'day');
}

/** The day alone, for a sentence: `3 March`, in another year `3 March 2025`. @param {number} at @param {number} now @param {string} language @returns {string} */
export function dayAloneText(at, now, language) {
    const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
    return formatter(language, { day: 'numeric', month: 'long', year: isThisYear ? undefined : 'numeric' }).format(at);
}

/** A minute as a number that grows by one. @param {number} at ms @returns {number} */
export const minuteOf = (at) => Math.floor(at / 60_000);

/** @param {number} now @returns {number} ms */
export const untilNextMinute = (now) => 60_000 - (now % 60_000);

/** How long until texts of today change: the next local midnight. @param {number} now @returns {number} ms */
export function untilTomorrow(now) {
    const date = new Date(now);
    return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime() - now;
}

/** @param {string} text @param {string} language */
function upperFirst(text, language) {
    const [first = '', ...rest] = text;
    return first.toLocaleUpperCase(language) + rest.join('');
}
