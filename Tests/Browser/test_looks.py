"""Every view in narrow and wide windows, in both directions, light, dark and with high contrast: nothing is cut off, covered or too small,
nothing hinders anybody, nothing moves for those who want no motion. A picture of each goes to screenshots/."""

import asyncio

import pytest
import pytest_asyncio
from stage.examination import examined
from stage.house import two_houses
from stage.neighbourhood import NAMES, Neighbourhood
from stage.tour import first_steps, in_any_language, in_the_garden, inside, the_door, without_a_connection

PHONE = {"viewport": {"width": 360, "height": 720}, "has_touch": True, "is_mobile": True}
LOOKS = {
    "phone": PHONE,
    "phone-dark-rtl": {**PHONE, "color_scheme": "dark", "direction": "rtl"},
    "tablet-contrast": {"viewport": {"width": 768, "height": 1024}, "contrast": "more"},
    "desktop": {},
    "desktop-dark": {"color_scheme": "dark"},
    "desktop-forced-rtl": {"forced_colors": "active", "direction": "rtl"},
}


@pytest_asyncio.fixture(scope="module")
async def neighbourhood(state):
    houses = await two_houses(state, NAMES)
    made = await Neighbourhood(houses).gathers()
    await made.long_things_are_said()
    await made.somebody_is_blocked()
    await made.a_garden_is_planted()
    # Before harbour cannot tell any more that its people have gone.
    await made.some_stay("theo")
    await made.harbour_goes_down()
    yield made
    await made.ends()
    for house in houses:
        await house.ends()


async def enters(visitors, neighbourhood, **options):
    """mara, in a browser of her own."""
    mara = await visitors.stranger(neighbourhood.elmstreet, "mara", **options)
    mara.person.token = neighbourhood["mara"].token
    return mara


@pytest.mark.parametrize("look", LOOKS)
async def test_every_view(visitors, neighbourhood, look):
    # Without motion nothing is judged half faded in.
    options = {"reduced_motion": "reduce", **LOOKS[look]}
    direction = options.pop("direction", None)
    house = neighbourhood.elmstreet
    stranger, newcomer, mara = await asyncio.gather(
        visitors.stranger(house, **options), visitors.at(house, "newcomer", **options), enters(visitors, neighbourhood, **options)
    )
    await mara.signs_in()
    friend = await house.person("freya.of-the-ferry")
    wrong = []
    for visitor, stops in (
        (stranger, the_door(stranger)),
        (newcomer, first_steps(newcomer)),
        (mara, inside(mara, neighbourhood)),
        (mara, in_the_garden(mara, neighbourhood)),
        (mara, without_a_connection(mara, friend)),
    ):
        wrong += await examined(visitor, stops, look, direction)
    assert not wrong, "\n".join(wrong)


async def test_longer_words_fit_too(visitors, neighbourhood):
    mara = await enters(visitors, neighbourhood, locale="de-DE", **PHONE)
    wrong = await examined(mara, in_any_language(mara, neighbourhood), "phone-german")
    assert not wrong, "\n".join(wrong)
