"""How the pages stand in narrow and wide windows, from right to left, with long names and texts. A picture of each goes to screenshots/."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio
from harness.node import befriend
from playwright.async_api import expect
from stage.house import two_houses
from stage.neighbourhood import NAMES, Neighbourhood
from stage.tour import first_steps, in_any_language, inside, the_door, without_a_connection

GEOMETRY = (Path(__file__).parent / "stage" / "geometry.js").read_text()

PHONE = {"viewport": {"width": 360, "height": 720}, "has_touch": True, "is_mobile": True}
LOOKS = {
    "phone": PHONE,
    "phone-rtl": {**PHONE, "direction": "rtl"},
    "tablet": {"viewport": {"width": 768, "height": 1024}},
    "desktop-dark": {"color_scheme": "dark"},
    "desktop-rtl": {"direction": "rtl"},
    "contrast": {"contrast": "more"},
    "forced": {"forced_colors": "active"},
}


@pytest_asyncio.fixture(scope="module")
async def neighbourhood(state):
    houses = await two_houses(state, NAMES)
    made = await Neighbourhood(houses).gathers()
    await made.long_things_are_said()
    await made.harbour_goes_down()
    yield made
    for house in houses:
        await house.ends()


async def fits(visitor, stops, look, direction):
    """Looks at every stop and says what is wrong at all of them together."""
    page, least, wrong = visitor.page, 40 if "phone" in look else None, []
    async for stop in stops:
        await page.evaluate("direction => { if (direction) document.documentElement.dir = direction }", direction)
        wrong += [f"{stop}: {it}" for it in await page.evaluate(GEOMETRY, {"least": least})]
        await visitor.screenshot(f"{look}.{stop}")
    return wrong


@pytest.mark.parametrize("look", LOOKS)
async def test_every_view_fits(visitors, neighbourhood, look):
    options = {"reduced_motion": "reduce", **LOOKS[look]}
    direction = options.pop("direction", None)
    house = neighbourhood.elmstreet
    stranger, newcomer, mara = await asyncio.gather(
        visitors.stranger(house, **options),
        visitors.at(house, "newcomer", **options),
        visitors.stranger(house, "mara", **options),
    )
    await mara.signs_in()
    friend = await house.person("friend.of-the-banner")
    await befriend(neighbourhood["mara"], friend)
    wrong = await fits(stranger, the_door(stranger), look, direction)
    wrong += await fits(newcomer, first_steps(newcomer), look, direction)
    wrong += await fits(mara, inside(mara, neighbourhood), look, direction)
    wrong += await fits(mara, without_a_connection(mara, friend), look, direction)
    assert not wrong, "\n".join(wrong)


async def test_longer_words_fit_too(visitors, neighbourhood):
    mara = await visitors.stranger(neighbourhood.elmstreet, "mara", locale="de-DE", **PHONE)
    wrong = await fits(mara, in_any_language(mara), "phone-german", None)
    assert not wrong, "\n".join(wrong)
