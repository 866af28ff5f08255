/**
 * @file A ticket for the socket. When the network went away without a word, the connections that the browser keeps for later requests are
 * as dead as the socket was: a question that gets no answer is asked again over another one, and the first answer counts.
 */

/** A question without an answer is asked again after that long, and given up after three times that (ms): its connection goes with it. */
const patience = 2_000;
/** A browser keeps six connections to a homeserver; the next one is new. */
const mostQuestions = 7;

/**
 * @param {(signal: AbortSignal) => Promise<string>} ask
 * @param {{setTimer: (run: () => void, ms: number) => any, clearTimer: (timer: any) => void}} clock
 * @returns {Promise<string>}  rejects with the first refusal, or when nobody answers
 */
export function askForTicket(ask, { setTimer, clearTimer }) {
    return new Promise((resolve, reject) => {
        /** @type {Set<any>} */
        const timers = new Set();
        const answered = new AbortController();
        let questions = 0;
        const after = (/** @type {number} */ ms, /** @type {() => void} */ run) => timers.add(setTimer(run, ms));
        const again = () => {
            const given = new AbortController();
            const isLast = (questions += 1) === mostQuestions;
            after(3 * patience, () => given.abort());
            if (!isLast) after(patience, again);
            ask(AbortSignal.any([given.signal, answered.signal])).then(
                (ticket) => settle(() => resolve(ticket)),
                (failure) => (given.signal.aborted && !isLast ? null : settle(() => reject(failure))),
            );
        };
        const settle = (/** @type {() => void} */ tell) => {
            for (const timer of timers) clearTimer(timer);
            answered.abort();
            tell();
        };
        again();
    });
}
