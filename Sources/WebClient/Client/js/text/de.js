/** @file German. Sections as in en.js. */
export const de = {
    'app.name': 'Home',

    // Components: dialogs, toasts, fields.
    'dialog.cancel': 'Abbrechen',
    'dialog.close': 'Schließen',
    'password.show': 'Passwort anzeigen',
    'toast.dismiss': 'Ausblenden',

    // Conversations: the column, the timeline, the composer, the switcher.

    // What the application says by itself: failures, notifications, requests that came in.
};
