import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agoText, dateText, dayAloneText, dayOf, dayText, momentText, shortText, timeText, untilTomorrow } from '../../Sources/WebClient/Client/js/text/dates.js';
import { presenceText } from '../../Sources/WebClient/Client/js/text/presence.js';
import { useLanguage } from '../../Sources/WebClient/Client/js/text/catalogue.js';

const at = (/** @type {number[]} */ ...parts) => new Date(...parts).getTime();
const now = at(2026, 2, 18, 14, 3);

const days = [
    [at(2026, 2, 18, 0, 0), 'Today', 'Heute'],
    [at(2026, 2, 17, 23, 59), 'Yesterday', 'Gestern'],
    [at(2026, 2, 16, 12), 'Monday, March 16', 'Montag, 16. März'],
    [at(2025, 11, 31, 12), 'Wednesday, December 31, 2025', 'Mittwoch, 31. Dezember 2025'],
];
for (const [time, english, german] of days) {
    test(`the line of ${english}`, () => {
        assert.equal(dayText(Number(time), now, 'en'), english);
        assert.equal(dayText(Number(time), now, 'de'), german);
    });
}

test('the short time of a list says less the longer ago it is', () => {
    assert.equal(shortText(at(2026, 2, 18, 9, 5), now, 'de'), '09:05');
    assert.equal(shortText(at(2026, 2, 17, 9, 5), now, 'en'), 'yesterday');
    assert.equal(shortText(at(2026, 2, 14, 9, 5), now, 'en'), 'Sat');
    assert.equal(shortText(at(2026, 0, 2, 9, 5), now, 'en'), 'Jan 2');
    assert.equal(shortText(at(2024, 0, 2, 9, 5), now, 'en'), '1/2/24');
});

/** @type {Array<[number, string|null, string|null]>} */
const ago = [
    [at(2026, 2, 18, 14, 2, 30), null, null],
    [at(2026, 2, 18, 14, 10), null, null],
    [at(2026, 2, 18, 14, 2), '1 minute ago', 'vor 1 Minute'],
    [at(2026, 2, 18, 13, 4), '59 minutes ago', 'vor 59 Minuten'],
    [at(2026, 2, 18, 13, 3), '1 hour ago', 'vor 1 Stunde'],
    [at(2026, 2, 18, 0, 1), '14 hours ago', 'vor 14 Stunden'],
    [at(2026, 2, 17, 23, 59), 'yesterday', 'gestern'],
    [at(2026, 2, 13, 9, 0), '5 days ago', 'vor 5 Tagen'],
    [at(2026, 2, 12, 0, 0), '6 days ago', 'vor 6 Tagen'],
    [at(2026, 2, 11, 23, 59), null, null],
];
for (const [time, english, german] of ago) {
    test(`how long ago ${new Date(time).toISOString()} was`, () => assert.deepEqual([agoText(time, now, 'en'), agoText(time, now, 'de')], [english, german]));
}

test('late in the evening was hours ago, as long as it is night', () => {
    assert.equal(agoText(at(2026, 2, 17, 23, 30), at(2026, 2, 18, 1, 0), 'en'), '1 hour ago');
    assert.equal(agoText(at(2026, 2, 17, 23, 30), at(2026, 2, 18, 5, 45), 'en'), 'yesterday');
});

test('when a friend was seen, in words', async () => {
    const said = (/** @type {'online'|'offline'} */ status, /** @type {number|null} */ time) => presenceText({ status, lastSeen: time === null ? null : new Date(time).toISOString() }, now, 'en');
    const seen = [['online', now], ['offline', null], ['offline', now - 59_000], ['offline', now + 59_000], ['offline', now - 60_000], ['offline', at(2026, 2, 17, 3)], ['offline', at(2026, 1, 1)]];
    await useLanguage('en');
    assert.deepEqual(
        seen.map(([status, time]) => said(/** @type {any} */ (status), /** @type {any} */ (time))),
        ['Online', 'Offline', 'Last seen just now', 'Last seen just now', 'Last seen 1 minute ago', 'Last seen yesterday', 'Last seen on February 1'],
    );
});

test('a day in a sentence has its year when it is another one', () => {
    assert.deepEqual([dayAloneText(at(2026, 2, 3), now, 'en'), dayAloneText(at(2026, 2, 3), now, 'de')], ['March 3', '3. März']);
    assert.deepEqual([dayAloneText(at(2025, 2, 3), now, 'en'), dayAloneText(at(2025, 2, 3), now, 'de')], ['March 3, 2025', '3. März 2025']);
});

test('a day and a moment as a list names them', () => {
    assert.deepEqual([dateText(at(2026, 2, 3), 'en'), dateText(at(2026, 2, 3), 'de')], ['Mar 3, 2026', '03.03.2026']);
    assert.match(momentText(at(2026, 2, 3, 14, 3), 'en'), /^Mar 3, 2026, 2:03\sPM$/);
    assert.equal(momentText(at(2026, 2, 3, 14, 3), 'de'), '03.03.2026, 14:03');
});

test('a clock that goes ahead shows a time, not a day to come', () => assert.equal(shortText(at(2026, 2, 19, 0, 5), now, 'de'), timeText(at(2026, 2, 19, 0, 5), 'de')));

test('days grow by one, over changed clocks and years too', () => {
    for (let day = 1; day < 800; day += 1) assert.equal(dayOf(at(2025, 0, day + 1, 1)) - dayOf(at(2025, 0, day, 23)), 1);
});

test('tomorrow begins at midnight', () => assert.equal(untilTomorrow(at(2026, 2, 18, 23, 59, 0)), 60_000));
