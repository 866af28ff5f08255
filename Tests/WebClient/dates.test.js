import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateText, dayOf, dayText, momentText, shortText, timeText, untilTomorrow } from '../../Sources/WebClient/Client/js/text/dates.js';

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
