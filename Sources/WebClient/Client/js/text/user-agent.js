/** @file A browser's `User-Agent` in words that a person knows: "Firefox on Windows". */

/** What says it first wins: Edge and Opera also call themselves Chrome, and Chrome calls itself Safari. */
const browsers = [
    [/\bEdgA?\//, 'Edge'],
    [/\bOPR\//, 'Opera'],
    [/\bSamsungBrowser\//, 'Samsung Internet'],
    [/\b(Firefox|FxiOS)\//, 'Firefox'],
    [/\b(Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
    [/\bVersion\/.*Safari\//, 'Safari'],
];

const systems = [
    [/\biPhone\b/, 'iPhone'],
    [/\biPad\b/, 'iPad'],
    [/\bAndroid\b/, 'Android'],
    [/\bCrOS\b/, 'ChromeOS'],
    [/\bWindows\b/, 'Windows'],
    [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
    [/\bLinux\b/, 'Linux'],
];

/**
 * @param {string|null} label  as the homeserver kept it
 * @returns {{browser: string|null, system: string|null, other: string|null}}  `other`: what another program called itself
 */
export function device(label) {
    const first = (/** @type {any[]} */ table) => table.find(([pattern]) => pattern.test(label ?? ''))?.[1] ?? null;
    const browser = first(browsers);
    const system = first(systems);
    return { browser, system, other: browser || system ? null : (label?.split('/')[0].trim() || null) };
}
