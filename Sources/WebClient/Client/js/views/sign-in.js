/** @file `<home-sign-in>`: the page before one is in: sign in, or make an account where the homeserver allows it. */

import { h, icon } from '../ui/dom.js';
import { View } from '../ui/view.js';
import { button } from '../components/button.js';
import { field, passwordField } from '../components/field.js';
import { nameProblem } from '../text/address.js';
import { failureText } from '../text/problems.js';
import { passwordProblem } from '../text/password.js';

/** @typedef {import('../store/types.js').Failure} Failure */

export class HomeSignIn extends View {
    /** @type {'sign-in'|'register'} */
    #mode = 'sign-in';
    #title = h('h1');
    #other = h('p.other');

    build() {
        const { t } = this.home;
        this.card = h('section.card');
        this.append(h('main', null, h('header', null, icon('mark'), h('p.brand', null, t('app.name'))), this.card, h('p.about', null, t('sign-in.about'))));
        this.#show();
    }

    connected() {
        this.watch((state) => state.server, () => this.#describe());
        // Where a finger types, the keyboard would cover half of the page at once.
        if (matchMedia('(pointer: fine)').matches) this.querySelector('input')?.focus();
    }

    get #server() {
        return this.home.store.state.server?.name ?? location.hostname;
    }

    #show() {
        const form = this.#mode === 'register' ? this.#registerForm() : this.#signInForm();
        this.card?.replaceChildren(this.#title, form, this.#other);
    }

    /** Who the homeserver is, and what it lets one do, is learnt while somebody writes already: the form stays as it is. */
    #describe() {
        const { t, store } = this.home;
        this.#title.replaceChildren(t(this.#mode === 'register' ? 'register.title' : 'sign-in.title', { server: this.#server }));
        this.#other.replaceChildren(...this.#otherWay(store.state.server?.registration));
    }

    /** @param {'sign-in'|'register'} mode */
    #change(mode) {
        this.#mode = mode;
        this.#show();
        this.#describe();
        this.querySelector('input')?.focus();
    }

    #signInForm() {
        const { t, actions } = this.home;
        const username = field({ label: t('sign-in.name'), name: 'username', autocomplete: 'username', required: true });
        const password = passwordField({ label: t('sign-in.password'), name: 'password', autocomplete: 'current-password' });
        // Some write their whole address.
        const written = () => username.value.trim().toLowerCase().replace(/^@/, '').split('@');
        const isElsewhere = () => written().length > 1 && written().slice(1).join('@') !== this.#server;
        const check = () => [
            [username, written()[0] === '' ? 'sign-in.name-missing' : isElsewhere() ? 'sign-in.elsewhere' : null],
            [password, password.value === '' ? 'sign-in.password-missing' : null],
        ];
        const submit = () => actions.signIn({ username: written()[0], password: password.value.normalize('NFC') });
        return this.#form([username, password], t('sign-in.submit'), check, submit);
    }

    #registerForm() {
        const { t, actions, store } = this.home;
        const needsToken = store.state.server?.registration === 'token';
        const preview = h('output.preview');
        const username = field({ label: t('register.name'), name: 'username', autocomplete: 'username', required: true, maxlength: 32, hint: t('register.name-hint') });
        const name = () => username.value.trim().toLowerCase();
        const showAddress = () => {
            const shown = nameProblem(name()) ? t('register.example') : name();
            preview.replaceChildren(t('register.address'), ' ', h('bdi', null, `${shown}@${this.#server}`));
        };
        username.input.addEventListener('input', showAddress);
        showAddress();
        username.append(preview);
        const password = passwordField({ label: t('sign-in.password'), name: 'password', autocomplete: 'new-password', hint: t('password.hint') });
        const token = needsToken ? field({ label: t('register.token'), name: 'registration_token', autocomplete: 'off', required: true, hint: t('register.token-hint') }) : null;
        const check = () => [
            [token, token?.value.trim() === '' ? 'register.token-missing' : null],
            [username, nameProblem(name())],
            [password, passwordProblem(password.value, name())],
        ];
        const submit = () => actions.register({ username: name(), password: password.value.normalize('NFC'), registrationToken: token?.value.trim() ?? null });
        return this.#form([token, username, password], t('register.submit'), check, submit);
    }

    /**
     * A form that shows what goes wrong beside the field that it is about, and above the button what is about none.
     * @param {Array<ReturnType<typeof field>|null>} fields
     * @param {string} label
     * @param {() => any[]} check  pairs of a field and the key of what is wrong with it, or null
     * @param {() => Promise<void>} submit
     */
    #form(fields, label, check, submit) {
        const { t } = this.home;
        const present = fields.filter((one) => one !== null);
        const problem = h('p.form-problem', { role: 'alert' });
        problem.hidden = true;
        const send = button({ label, kind: 'primary', type: 'submit' });
        const form = h('form', { novalidate: true }, present, problem, send);
        form.addEventListener('submit', async (event) => {
            event.preventDefault();
            if (send.busy) return;
            problem.hidden = true;
            for (const one of present) one.showProblem(null);
            const wrong = check().filter(([, key]) => key);
            for (const [one, key] of wrong) one.showProblem(t(key, { server: this.#server }));
            if (wrong.length > 0) return wrong[0][0].input.focus();
            send.busy = true;
            try {
                await submit();
            } catch (error) {
                const failure = /** @type {Failure} */ (error);
                const about = present.find(({ input }) => input.name === fieldOf(failure));
                if (about) {
                    refuse(about, signInText(t, failure, this.#mode));
                } else {
                    problem.replaceChildren(icon('alert'), h('span', null, signInText(t, failure, this.#mode)));
                    problem.hidden = false;
                }
            } finally {
                send.busy = false;
            }
        });
        return form;
    }

    /** What stands below the form. @param {string|undefined} registration  undefined while that is not known */
    #otherWay(registration) {
        const { t } = this.home;
        this.#other.classList.toggle('note', registration === 'closed');
        if (this.#mode === 'register') return [t('register.have'), ' ', button({ label: t('register.to-sign-in'), kind: 'quiet', onclick: () => this.#change('sign-in') })];
        if (registration === 'closed') return [icon('info'), h('span', null, t('sign-in.closed', { server: this.#server }))];
        if (registration === undefined) return [];
        return [t('sign-in.new'), ' ', button({ label: t('sign-in.to-register'), kind: 'quiet', onclick: () => this.#change('register') })];
    }
}

/** @param {ReturnType<typeof field>} about @param {string} text */
function refuse(about, text) {
    about.showProblem(text);
    about.input.focus();
}

/** Which field a failure is about. A taken name and a refused token come without one. @param {Failure} failure */
function fieldOf({ code, field: named }) {
    if (named) return named;
    return { conflict: 'username', forbidden: 'registration_token' }[code] ?? null;
}

/** What the general words for a code do not say here. @param {(key: string) => string} t @param {Failure} failure @param {string} mode */
function signInText(t, failure, mode) {
    if (failure.code === 'unauthorized') return t('sign-in.wrong');
    if (mode === 'register' && failure.code === 'conflict') return t('register.taken');
    if (mode === 'register' && failure.code === 'forbidden') return t('register.refused');
    return failureText(t, failure);
}
