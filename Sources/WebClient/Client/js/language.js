/** @file Asks for the texts in the reader's language while the other modules are still on their way; main.js waits for them. */

import { Keepsakes } from './storage/keepsakes.js';
import { useLanguage } from './text/catalogue.js';

const { language = 'system' } = new Keepsakes(() => localStorage).preferences;

/** Whoever cannot have his own language has English. */
export const texts = useLanguage(language).catch(() => useLanguage('en'));
