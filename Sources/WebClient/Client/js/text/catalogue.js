/** @file The texts of the client in the reader's language: `t('friends.request-sent', {name})`. Only that one language is loaded. */

/** Each language has its texts in parts: `base` is always there, the others come with what speaks them. @type {Record<string, Record<string, () => Promise<Record<string, string>>>>} */
const catalogues = {
    en: {
        base: async () => (await import('./en.js')).en,
        communities: async () => (await import('./en-communities.js')).en,
        conversation: async () => (await import('./en-conversation.js')).en,
        people: async () => (await import('./en-people.js')).en,
        settings: async () => (await import('./en-settings.js')).en,
    },
    de: {
        base: async () => (await import('./de.js')).de,
        communities: async () => (await import('./de-communities.js')).de,
        conversation: async () => (await import('./de-conversation.js')).de,
        people: async () => (await import('./de-people.js')).de,
        settings: async () => (await import('./de-settings.js')).de,
    },
};

/** The parts that were asked for until now. */
const parts = new Set(['base']);

/** The languages that there are, with their own names. */
export const languages = { en: 'English', de: 'Deutsch' };

let language = 'en';
/** The one that was asked for last, for when another one arrives after it. */
let wanted = '';
/** @type {Record<string, string>} */
let texts = {};
let rules = new Intl.PluralRules('en');

/** Which language is meant. @param {string} preferred  one of `languages`, or `system` @returns {string} */
export function languageFor(preferred) {
    const candidates = preferred === 'system' ? navigator.languages : [preferred];
    return candidates.map((tag) => tag.split('-')[0]).find((tag) => tag in catalogues) ?? 'en';
}

/** Once it has resolved, `t` speaks that language; a rejection leaves the one before. @param {string} preferred  as for `languageFor` */
export async function useLanguage(preferred) {
    const next = languageFor(preferred);
    wanted = next;
    const loaded = await loadedParts(next);
    if (wanted !== next) return;
    language = next;
    texts = loaded;
    rules = new Intl.PluralRules(language);
}

/** @param {string} which */
async function loadedParts(which) {
    return Object.assign({}, ...(await Promise.all([...parts].map((part) => catalogues[which][part]()))));
}

/** Texts that are not in the first load; `t` knows them once it has resolved. @param {'communities'|'conversation'|'people'|'settings'} part */
export async function useTexts(part) {
    parts.add(part);
    for (let current = ''; current !== language; ) {
        current = language;
        const loaded = await catalogues[current][part]();
        if (current === language) texts = { ...texts, ...loaded };
    }
}

export function currentLanguage() {
    return language;
}

/** The language as the reader's region writes dates and times in it: `en-GB` rather than `en`, where the browser says so. */
export function currentLocale() {
    return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
}

/** Languages that are written from right to left; there may come one any day. */
const rightToLeft = new Set(['ar', 'fa', 'he', 'ur']);

/** The direction of the current language, as `dir` takes it. @returns {'ltr'|'rtl'} */
export function currentDirection() {
    return rightToLeft.has(language) ? 'rtl' : 'ltr';
}

/**
 * A text. `{name}` in it is replaced by `values.name`. With `values.count` the key's form for that number is taken: `key.one`, `key.other`.
 * A key without a text stands for itself; a test has every language know every key.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
    const forms = 'count' in values ? [`${key}.${rules.select(Number(values.count))}`, `${key}.other`] : [];
    const found = [...forms, key].find((form) => form in texts);
    return found === undefined ? key : filled(texts[found], values);
}

/** @param {string} text @param {Record<string, string|number>} values */
function filled(text, values) {
    return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}
