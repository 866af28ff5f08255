/** @file German. */
export const de = {
    'app.name': 'Home',
};
