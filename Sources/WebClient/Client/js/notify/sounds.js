/** @file Two short tones made on the spot: a message came, something went wrong. Browsers allow sound only after the person has touched the page. */

/** Frequencies (Hz) one after the other. */
const tones = { message: [660, 880], problem: [330, 262] };

/** Seconds of one tone, and how loud it gets. */
const length = 0.11;
const loudness = 0.08;
/** Not more often than this (s): ten messages at once are one sound. */
const atMostEvery = 1;

export class Sounds {
    #AudioContext;
    /** @type {AudioContext|null} */
    #context = null;
    #lastAt = -Infinity;

    /** @param {(new () => AudioContext)|null} AudioContextClass */
    constructor(AudioContextClass) {
        this.#AudioContext = AudioContextClass;
    }

    /** From the first touch on there may be sound. @param {EventTarget} target */
    unlockOn(target) {
        const unlock = () => {
            if (this.#AudioContext) this.#context ??= new this.#AudioContext();
        };
        for (const type of ['pointerdown', 'keydown']) target.addEventListener(type, unlock, { once: true, passive: true });
    }

    /** @param {'message'|'problem'} name */
    play(name) {
        const context = this.#context;
        if (!context || context.currentTime - this.#lastAt < atMostEvery) return;
        this.#lastAt = context.currentTime;
        context.resume().catch(() => {});
        tones[name].forEach((frequency, index) => beep(context, frequency, context.currentTime + index * length));
    }
}

/** @param {AudioContext} context @param {number} frequency @param {number} at */
function beep(context, frequency, at) {
    const tone = new OscillatorNode(context, { frequency });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(loudness, at + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + length);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
}
