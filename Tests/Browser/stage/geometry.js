// What is wrong with the layout of the page as it stands, in words; nothing when all is well. For `page.evaluate`.
({ finger }) => {
    const wrong = [];
    const least = matchMedia('(pointer: coarse)').matches ? finger : 0;
    const named = (element) => {
        const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40);
        return `<${element.localName} class="${element.className}"> “${text}”`;
    };
    const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length > 0;
    const root = document.documentElement;
    if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} px wide in a window of ${innerWidth}`);

    // Nothing but code is wider than what holds it.
    for (const element of document.querySelectorAll('body *')) {
        if (!isSeen(element) || element.closest('pre, .visually-hidden, svg')) continue;
        const { overflowX } = getComputedStyle(element);
        if (['auto', 'scroll'].includes(overflowX) && element.scrollWidth > element.clientWidth + 1) wrong.push(`${named(element)} scrolls sideways`);
    }

    const things = [...document.querySelectorAll('a[href], button, input, select, textarea, [role=menuitem], [role=option]')].filter((element) =>
        isSeen(element) && !element.disabled && !element.closest('.visually-hidden, .skip-link') && !element.matches('.visually-hidden, .skip-link'));
    for (const thing of things) {
        const box = thing.getBoundingClientRect();
        // What is scrolled out of a list is reached by scrolling; sideways nothing is.
        if (box.left < -1 || box.right > innerWidth + 1) wrong.push(`${named(thing)} stands outside of the window: ${Math.round(box.left)} to ${Math.round(box.right)}`);
        const isInText = thing.matches('.message-text a, p a');
        const target = thing.closest('label, .control, .switch') ?? thing;
        const { width, height } = target.getBoundingClientRect();
        // The groups of emoji share one line, however many they are.
        const leastWidth = thing.closest('.emoji-groups') ? Math.min(24, least) : least;
        if (!isInText && (height < least - 0.5 || width < leastWidth - 0.5)) wrong.push(`${named(thing)} is ${Math.round(width)} × ${Math.round(height)} px, less than a finger`);
    }

    // What one writes in is never covered by what is not a layer of its own.
    const composer = document.querySelector('.composer-box');
    if (composer && isSeen(composer) && !document.querySelector('dialog[open], :popover-open')) {
        const box = composer.getBoundingClientRect();
        if (box.bottom > innerHeight + 1 || box.top < 0) wrong.push('the composer is not within the window');
        for (const share of [0.1, 0.5, 0.9]) {
            const top = document.elementFromPoint(box.left + box.width * share, box.top + box.height / 2);
            if (!composer.contains(top)) wrong.push(`${top ? named(top) : 'nothing'} stands over the composer`);
        }
    }

    const moving = document.getAnimations().filter(({ playState, effect }) => playState === 'running' && effect.getComputedTiming().activeDuration > 1);
    if (matchMedia('(prefers-reduced-motion: reduce)').matches && moving.length > 0) wrong.push(`${moving.length} animations run although motion is to be reduced`);
    return wrong;
}
