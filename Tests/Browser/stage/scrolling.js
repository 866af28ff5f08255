// Scrolls back through the conversation that is shown, `pages` pages or to its beginning, and measures after each painted frame how far
// what one looks at has moved, and how many rows stand in the page. `texts` are the messages that came by, oldest first.
async (pages) => {
    const log = document.querySelector('[role=log]');
    const texts = (rows) => rows.map((row) => row.querySelector('.message-text').innerText);
    const list = log.querySelector('.timeline-rows').children;
    const rows = () => [...list].map((row) => row.querySelector('article.message'));
    const painted = () =>
        new Promise((resolve) => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = resolve;
            requestAnimationFrame(() => port2.postMessage(null));
        });
    const isThere = () => log.getAttribute('aria-busy') === 'false' && (log.scrollTop > log.clientHeight || log.querySelector('.timeline-beginning') !== null);
    const found = { pages: 0, farthest: 0, most: 0, isBeginning: false, texts: texts(rows()) };
    const deadline = performance.now() + 60_000;
    while (found.pages < pages && !found.isBeginning) {
        const oldest = rows()[0];
        // Mostly to the very top, as somebody in a hurry, and now and then by a window.
        log.scrollTop = found.pages % 4 ? 0 : Math.max(0, log.scrollTop - log.clientHeight * 0.9);
        const { top } = log.getBoundingClientRect();
        const anchor = [...list].find((row) => row.getBoundingClientRect().bottom > top).querySelector('.message-content');
        const before = anchor.getBoundingClientRect().top;
        for (let frames = 0; frames < 3 || !isThere(); frames += 1) {
            await painted();
            found.farthest = Math.max(found.farthest, Math.abs(anchor.getBoundingClientRect().top - before));
            found.most = Math.max(found.most, list.length);
            if (performance.now() > deadline) throw new Error(`no further than ${found.pages} pages`);
        }
        const now = rows();
        const came = now.indexOf(oldest);
        if (came < 0) throw new Error('the oldest row went away while one scrolled back');
        found.texts.unshift(...texts(now.slice(0, came)));
        if (came > 0) found.pages += 1;
        found.isBeginning = log.querySelector('.timeline-beginning') !== null;
    }
    return found;
}
