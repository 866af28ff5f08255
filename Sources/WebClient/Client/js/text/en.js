/** @file English, the language that every other one is compared with. Keys are `place.what`, sorted by place; `.one` and `.other` are forms for a count. */
export const en = {
    'app.name': 'Home',
};
