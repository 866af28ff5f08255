/** A list whose entries change, move, come and go under the hand of somebody who walks in it with the keyboard: the focus stays where he left it. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { keyed } from '../../Sources/WebClient/Client/js/ui/keyed.js';

/** As much of an element as a list needs. As in a browser, what leaves its place loses the focus, also when it is put in again at once. */
class Element {
    /** @type {Element[]} */
    children = [];
    /** @type {Element|null} */
    parent = null;
    disabled = false;
    tabIndex = -1;

    /** @param {string} name @param {...Element} children */
    constructor(name, ...children) {
        this.tagName = name.toUpperCase();
        for (const child of children) this.insertBefore(child, null);
    }

    get isConnected() {
        return page.body.contains(this);
    }

    /** @param {Element|null} other */
    contains(other) {
        for (let one = other; one; one = one.parent) if (one === this) return true;
        return false;
    }

    remove() {
        if (this.contains(page.activeElement)) page.activeElement = page.body;
        if (this.parent) this.parent.children = this.parent.children.filter((one) => one !== this);
        this.parent = null;
    }

    /** @param {Element} child @param {Element|null} before */
    insertBefore(child, before) {
        child.remove();
        this.children.splice(before ? this.children.indexOf(before) : this.children.length, 0, child);
        child.parent = this;
    }

    /** @param {string} names @returns {Element|null} */
    closest(names) {
        return this.is(names) ? this : this.parent?.closest(names) ?? null;
    }

    /** @param {string} names @returns {Element[]} */
    querySelectorAll(names) {
        return this.children.flatMap((child) => [...(child.is(names) ? [child] : []), ...child.querySelectorAll(names)]);
    }

    /** @param {string} names */
    querySelector(names) {
        return this.querySelectorAll(names)[0] ?? null;
    }

    /** @param {string} names */
    is(names) {
        return names.toUpperCase().split(', ').includes(this.tagName);
    }

    /** @param {{preventScroll?: boolean}} [options] */
    focus(options) {
        if (!this.isConnected || this.disabled) return;
        page.activeElement = this;
        if (!options?.preventScroll) page.scrolls += 1;
    }
}

const body = new Element('body');
const page = { body, activeElement: body, scrolls: 0 };
Object.assign(globalThis, { document: page, HTMLElement: Element });

/** @typedef {{id: string, names: string[]}} Item  with the names of what can have the focus in it */

/** A list on the page, and what of it has the focus. */
function listed() {
    page.activeElement = page.body;
    page.scrolls = 0;
    const list = new Element('ul');
    const heading = new Element('h2');
    page.body.insertBefore(new Element('section', heading, list), null);
    const made = /** @type {string[]} */ ([]);
    const show = keyed(/** @type {any} */ (list), (/** @type {Item} */ { id }) => id, ({ id, names }) => {
        made.push(id);
        const element = new Element('li', new Element('span'), new Element('div', ...names.map((name) => Object.assign(new Element('button'), { name }))));
        return /** @type {any} */ (Object.assign(element, { id }));
    });
    const entry = (/** @type {string} */ id) => list.children.find((one) => /** @type {any} */ (one).id === id);
    return {
        list,
        heading,
        made,
        show,
        focus: (/** @type {string} */ id, /** @type {number} */ control = 0) => entry(id)?.querySelectorAll('button')[control].focus({ preventScroll: true }),
        ids: () => list.children.map((/** @type {any} */ { id }) => id),
        /** Where the focus is: entry and control. */
        focused: () => {
            const li = /** @type {any} */ (page.activeElement.closest('li'));
            return li?.isConnected ? `${li.id} ${/** @type {any} */ (page.activeElement).name}` : page.activeElement.tagName;
        },
    };
}

/** @param {string} id @param {...string} names @returns {Item} */
const item = (id, ...names) => ({ id, names: names.length ? names : ['open'] });

test('an entry that changes under its key keeps the focus, and nothing scrolls', () => {
    const { show, focus, focused, made } = listed();
    const [general, bees, sheds] = ['general', 'bees', 'sheds'].map((id) => item(id));
    show([general, bees, sheds]);
    focus('bees');
    show([general, item('bees'), sheds]);
    assert.deepEqual([focused(), page.scrolls, made.at(-1), made.length], ['bees open', 0, 'bees', 4]);
});

test('it is the same control of the entry that keeps it, also when the entry takes another place meanwhile', () => {
    const { show, focus, focused, ids } = listed();
    const rows = ['first', 'second', 'third'].map((id) => item(id, 'up', 'down', 'delete'));
    show(rows);
    focus('second', 1);
    // As two frames tell that two channels have changed their places.
    show([rows[0], rows[2], { ...rows[1] }]);
    assert.equal(focused(), 'second down');
    show([rows[0], { ...rows[2] }, { ...rows[1] }]);
    assert.deepEqual([focused(), ids(), page.scrolls], ['second down', ['first', 'third', 'second'], 0]);
});

test('an entry that has only moved keeps it too', () => {
    const { show, focus, focused, ids, made } = listed();
    const rows = ['first', 'second', 'third'].map((id) => item(id));
    show(rows);
    focus('third');
    show([rows[2], rows[0], rows[1]]);
    assert.deepEqual([focused(), ids(), made.length, page.scrolls], ['third open', ['third', 'first', 'second'], 3, 0]);
});

test('what takes the place of an entry that is gone gets it, else the one before, else the heading above', () => {
    const { show, focus, focused, heading } = listed();
    const rows = ['first', 'second', 'third', 'fourth'].map((id) => item(id, 'edit', 'delete'));
    show(rows);
    focus('second', 1);
    show([rows[0], rows[2], rows[3]]);
    assert.equal(focused(), 'third delete');
    // Now it is the last; then it goes, too.
    show([rows[0], rows[1], rows[2]]);
    assert.equal(focused(), 'third delete');
    show([item('new', 'edit', 'delete'), rows[0], rows[1]]);
    assert.deepEqual([focused(), page.scrolls], ['second delete', 0]);
    show([]);
    assert.equal(page.activeElement, heading);
});

test('an entry in which nothing can have it is passed over', () => {
    const { show, focus, focused } = listed();
    const voice = { id: 'voice', names: [] };
    const [general, bees] = [item('general'), item('bees')];
    show([general, bees, voice]);
    focus('bees');
    show([general, voice]);
    assert.equal(focused(), 'general open');
});

test('where the control is gone or takes no focus, the one before it in the entry gets it', () => {
    const { show, focus, focused } = listed();
    // As the items of an open menu, which stands behind its button.
    show([item('carol', 'opener', 'kick', 'ban'), item('dave', 'opener')]);
    focus('carol', 2);
    show([item('carol', 'opener'), item('dave', 'opener')]);
    assert.equal(focused(), 'carol opener');
    const { list, ...other } = listed();
    const [alice, bob] = [item('alice'), item('bob', 'accept', 'decline')];
    other.show([alice, bob]);
    other.focus('bob', 1);
    list.children[1].querySelectorAll('button')[1].disabled = true;
    other.show([bob, alice]);
    assert.equal(other.focused(), 'bob accept');
});

test('of a list in which nothing stayed, the first gets it', () => {
    const { show, focus, focused } = listed();
    show([item('a'), item('b')]);
    focus('b');
    show([item('x'), item('y')]);
    assert.equal(focused(), 'x open');
});

test('whoever has the focus elsewhere keeps it', () => {
    const { show, heading } = listed();
    show([item('a'), item('b')]);
    heading.focus({ preventScroll: true });
    show([item('b')]);
    show([item('b'), item('c')]);
    assert.equal(page.activeElement, heading);
});
