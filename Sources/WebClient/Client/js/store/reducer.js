/**
 * @file The only place where the state changes: one table from an action's type to a pure function, a file a feature. Frames of the
 * homeserver are the action `frame`; the same functions take them from `ready`, live, replayed and in pages.
 */

import { communityActions, communityFrames } from './communities.js';
import { conversationActions, conversationFrames } from './conversations.js';
import { judgeFrame } from './frames.js';
import { friendActions, friendFrames } from './friends.js';
import { interfaceActions, withoutSettledToasts } from './interface.js';
import { linkActions } from './link.js';
import { messageActions, messageFrames } from './messages.js';
import { outgoingActions } from './outgoing.js';
import { presenceActions, presenceFrames } from './presence.js';
import { sessionActions, sessionFrames } from './session.js';

/** @typedef {import('./types.js').State} State */

/** Features in the order in which they see a frame: conversations look at the friends and the communities that the same frame brought. */
const frames = [sessionFrames, friendFrames, presenceFrames, communityFrames, conversationFrames, messageFrames];

/** @type {Record<string, (state: State, action: any) => State>} */
const actions = {
    frame,
    ...sessionActions,
    ...linkActions,
    ...conversationActions,
    ...messageActions,
    ...outgoingActions,
    ...friendActions,
    ...presenceActions,
    ...communityActions,
    ...interfaceActions,
};

/** @param {State} state @param {{frame: any, now: number}} action */
function frame(state, { frame, now }) {
    const verdict = judgeFrame(frame);
    if (verdict === 'malformed') return { ...state, malformed: state.malformed + 1 };
    if (verdict === 'unknown' || !state.account) return state;
    return frames.reduce((next, feature) => feature[frame.type]?.(next, frame, now) ?? next, state);
}

/**
 * @param {State} state
 * @param {import('./store.js').Action} action
 * @returns {State}
 */
export function reduce(state, action) {
    if (!Object.hasOwn(actions, action.type)) throw new TypeError(`there is no action ${action.type}`);
    return withoutSettledToasts(actions[action.type](state, action));
}
