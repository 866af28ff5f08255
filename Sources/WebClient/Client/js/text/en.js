/** @file English, the language that every other one is compared with. Keys are `place.what`; `.one` and `.other` are forms for a count. Each place has its section. */
export const en = {
    'app.name': 'Home',

    // Components: dialogs, toasts, fields.
    'dialog.cancel': 'Cancel',
    'dialog.close': 'Close',
    'password.show': 'Show password',
    'toast.dismiss': 'Dismiss',

    // Conversations: the column, the timeline, the composer, the switcher.

    // What the application says by itself: failures, notifications, requests that came in.
};
