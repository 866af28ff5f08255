/** @file The connection, as a person cares about it; connection/link-state.js decides. */

/** @typedef {import('./types.js').State} State */

/** @type {Record<string, (state: State, action: any) => State>} */
export const linkActions = {
    link: (state, { link }) => ({ ...state, link }),
};
