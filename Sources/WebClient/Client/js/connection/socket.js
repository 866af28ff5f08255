/** @file One WebSocket: frames out as JSON, frames in as objects, and nothing more once it has been closed here. */

/**
 * @typedef {object} Socket
 * @property {(frame: object) => void} send
 * @property {() => void} close  at once; nothing of it is heard any more
 */

/** `WebSocket.OPEN` */
const open = 1;

/** @typedef {{frame: (frame: any) => void, closed: (code: number) => void}} Listener */

/**
 * @param {new (url: string) => WebSocket} WebSocketClass
 * @param {string} url
 * @param {Listener} listener  `frame` gets null for what is no JSON
 * @returns {Socket}
 */
export function openSocket(WebSocketClass, url, listener) {
    const socket = new WebSocketClass(url);
    const ended = new AbortController();
    const { signal } = ended;
    socket.addEventListener('message', ({ data }) => listener.frame(decoded(data)), { signal });
    socket.addEventListener('close', ({ code }) => listener.closed(code), { signal });
    return {
        send: (frame) => {
            if (socket.readyState === open) socket.send(JSON.stringify(frame));
        },
        close: () => {
            ended.abort();
            socket.close();
        },
    };
}

/** @param {unknown} data */
function decoded(data) {
    try {
        return typeof data === 'string' ? JSON.parse(data) : null;
    } catch {
        return null;
    }
}
