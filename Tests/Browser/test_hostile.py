"""Messages of somebody who means harm: they are text, and nothing of them is carried out, loaded or breaks the page's frame."""

from harness.node import befriend
from playwright.async_api import expect

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=http://127.0.0.1:1/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    "<svg><script>harm()</script></svg>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<iframe srcdoc='<script>parent.harm()</script>'></iframe>",
    "<body onload=harm()>",
    "<a href=\"javascript:harm()\">press</a>",
    "<math><mtext><style><img src onerror=harm()>",
    "<form action=//127.0.0.1:1><button autofocus onfocus=harm()>",
    "<details open ontoggle=harm()>",
    "<input autofocus onfocus=harm()>",
    "<style>*{display:none}</style>",
    "<base href=//127.0.0.1:1/>",
    "<meta http-equiv=refresh content=\"0;url=javascript:harm()\">",
    "<object data=javascript:harm()></object><embed src=javascript:harm()>",
    "<template><script>harm()</script></template><home-shell></home-shell>",
    "\"><script>harm()</script>",
    "'-harm()-'${harm()}{{constructor.constructor('harm()')()}}",
    "</div></article></main><h1>not a heading</h1>",
    "&lt;img src=x onerror=harm()&gt; &#60;script&#62;harm()",
    "javascript:harm()",
    "[press](javascript:harm())",
    "[press](JaVaScRiPt:harm()) <javascript:harm()>",
    "[press](data:text/html,<script>harm()</script>)",
    "![picture](http://127.0.0.1:1/x.png\" onerror=\"harm())",
    "[press](https://example.org/\"onmouseover=\"harm())",
    "https://example.org/\"onclick=\"harm()\"",
    "vbscript:harm() data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg== file:///etc/passwd",
    "``` \" onmouseover=\"harm()\n<script>harm()</script>\n```",
    "`<img src=x onerror=harm()>` **<img src=x onerror=harm()>** _<svg onload=harm()>_",
    "\u202egnp.exe\u202c \u2067reversed\u2069 \u202e never closed",
    "\u202ehttps://example.org/gro.elpmaxe\u202c",
    "Z\u0351\u036b\u0343" + "\u0300\u0301\u0302\u0303" * 60,
    "> " * 60 + "deep",
    "*_" * 300 + "x" + "_*" * 300,
    "[" * 500 + "](" * 500,
    "https://example.org/" + "a" * 1500,
    "`" + "c" * 900 + "`",
    "W" * 4000,
]

TRAPS = """
globalThis.harmed = [];
globalThis.harm = () => harmed.push('harm');
for (const name of ['alert', 'confirm', 'prompt', 'open']) globalThis[name] = () => { harmed.push(name); };
"""

# What the page itself makes of a message's text; nothing else, and nothing with a handler, comes of one.
FOREIGN = """() => {
    const own = new Set(['P', 'BR', 'CODE', 'STRONG', 'EM', 'S', 'A', 'BDI', 'UL', 'OL', 'LI', 'BLOCKQUOTE', 'FIGURE', 'FIGCAPTION',
        'PRE', 'SPAN', 'BUTTON', 'SVG', 'USE', 'PATH']);
    const found = [];
    for (const text of document.querySelectorAll('[role=log] .message-text')) {
        for (const element of text.querySelectorAll('*')) {
            if (!own.has(element.tagName.toUpperCase())) found.push(`<${element.localName}>`);
            for (const { name, value } of element.attributes) {
                if (name.startsWith('on') || name === 'src' || name === 'style') found.push(`${element.localName} ${name}=${value}`);
            }
            if (element.localName === 'a' && !['http:', 'https:'].includes(element.protocol)) found.push(`link ${element.href}`);
            if (element.closest('svg, button') && !element.closest('figcaption')) found.push(`<${element.localName}> outside of a code block's head`);
        }
    }
    return found;
}"""

WIDER = """() => {
    const log = document.querySelector('[role=log]');
    const wide = [];
    if (document.documentElement.scrollWidth > innerWidth) wide.push(`the page: ${document.documentElement.scrollWidth}`);
    for (let element = log; element; element = element.parentElement) {
        if (element.scrollWidth > element.clientWidth) wide.push(`${element.localName}.${element.className}: ${element.scrollWidth} in ${element.clientWidth}`);
    }
    for (const row of log.querySelectorAll('article.message')) {
        if (row.getBoundingClientRect().right > innerWidth + 0.5) wide.push(`a row: ${row.innerText.slice(0, 60)}`);
    }
    return wide;
}"""


async def test_hostile_messages_are_text(visitors, houses):
    alice = await visitors.at(houses[0], "alice", viewport={"width": 360, "height": 720})
    mallory = await houses[1].person("mallory")
    await befriend(alice.person, mallory)
    await alice.context.add_init_script(TRAPS)
    asked = []
    alice.page.on("request", lambda request: asked.append(request.url))
    await alice.page.reload()
    await expect(alice.page.locator("home-shell")).to_be_visible()
    await alice.opens(mallory)
    await mallory.connects()
    for number, text in enumerate(HOSTILE):
        await mallory.sends(text, alice.person)
        # One after the other, so that each one stands in the page for a while, drawn as it came.
        await expect(alice.log().locator("article.message")).to_have_count(number + 1)
        assert await alice.page.evaluate(FOREIGN) == [], text
        assert await alice.page.evaluate(WIDER) == [], text[:80]
    await mallory.socket.close()
    shown = await alice.texts()
    for text in HOSTILE[:10]:
        assert any(text in it for it in shown), text
    await alice.goes("#/")
    await expect(alice.entry(mallory)).to_be_visible()
    # And all of it once more, from the history.
    await alice.page.reload()
    await alice.opens(mallory)
    await expect(alice.log().locator("article.message").last).to_be_visible()
    assert await alice.page.evaluate(FOREIGN) == []
    assert await alice.page.evaluate(WIDER) == []
    assert await alice.page.evaluate("harmed") == []
    foreign = [url for url in asked if not url.startswith((alice.origin, "blob:", "data:"))]
    assert foreign == []
