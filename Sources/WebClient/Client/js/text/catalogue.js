/** @file The texts of the client in the reader's language: `t('friends.request-sent', {name})`. */

import { de } from './de.js';
import { en } from './en.js';

/** @type {Record<string, Record<string, string>>} */
const catalogues = { en, de };

/** The languages that there are, with their own names. */
export const languages = { en: 'English', de: 'Deutsch' };

let language = 'en';
let rules = new Intl.PluralRules('en');

/** @param {string} wanted  a language of `languages`, or `system` */
export function useLanguage(wanted) {
    const candidates = wanted === 'system' ? navigator.languages : [wanted];
    language = candidates.map((tag) => tag.split('-')[0]).find((tag) => tag in catalogues) ?? 'en';
    rules = new Intl.PluralRules(language);
}

export function currentLanguage() {
    return language;
}

/** Languages that are written from right to left; there may come one any day. */
const rightToLeft = new Set(['ar', 'fa', 'he', 'ur']);

/** The direction of the current language, as `dir` takes it. @returns {'ltr'|'rtl'} */
export function currentDirection() {
    return rightToLeft.has(language) ? 'rtl' : 'ltr';
}

/**
 * A text. `{name}` in it is replaced by `values.name`. With `values.count` the key's form for that number is taken: `key.one`, `key.other`.
 * A key that is missing in a language is taken from English; a test compares the catalogues.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
    const forms = 'count' in values ? [`${key}.${rules.select(Number(values.count))}`, `${key}.other`] : [];
    for (const catalogue of [catalogues[language], en]) {
        for (const form of [...forms, key]) {
            if (form in catalogue) return filled(catalogue[form], values);
        }
    }
    return key;
}

/** @param {string} text @param {Record<string, string|number>} values */
function filled(text, values) {
    return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}
