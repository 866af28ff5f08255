/** @file The way back to the column where the window is too narrow for both; the style sheet hides it elsewhere. */

import { h, icon } from '../ui/dom.js';
import { t } from '../text/catalogue.js';

/** @param {string} [href]  where the column is */
export function backLink(href = '#/') {
    const label = t(href === '#/' ? 'shell.back' : 'community.back');
    return h('a.button.quiet.icon-only.back', { href, 'aria-label': label, title: label }, icon('back'));
}
