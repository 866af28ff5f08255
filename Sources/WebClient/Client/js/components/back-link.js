/** @file The way back to the column where the window is too narrow for both; the style sheet hides it elsewhere. */

import { h, icon } from '../ui/dom.js';
import { t } from '../text/catalogue.js';

export function backLink() {
    const label = t('shell.back');
    return h('a.button.quiet.icon-only.back', { href: '#/', 'aria-label': label, title: label }, icon('back'));
}
