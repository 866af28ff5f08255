"""A homeserver by somebody else whose users are members of a community here: what they may, and all that they may not."""

from datetime import UTC, datetime, timedelta

import pytest

from harness.communities import NOBODY
from harness.foreign_community import shown
from harness.peer import instant, uuid7
from harness.waiting import eventually


class Guests:
    """A community of alpha's, and users of gamma's who come into it by gamma's word."""

    def __init__(self, stage, community, owner):
        self.stage, self.gamma, self.alpha = stage, stage.gamma, stage.alpha
        self.community, self.owner = community, owner

    def says(self, type, user, *, id=None, **data):
        event = self.gamma.event(type, user, id=id)
        return {**event, "data": {"community_id": self.community.id, **data}}

    def writes(self, user, text, channel=None, **data):
        return self.says("channel.message", user, channel_id=channel or self.community.general, message=text, **data)

    async def delivers(self, *events):
        return await self.gamma.delivers(self.alpha, *events)

    async def invited(self, user, **fields):
        answer = await self.owner.http("POST", f"{self.community.path}/invites", json={"user_id": user, **fields})
        return answer.expect(201).json["invite_id"]

    async def comes_in(self, user):
        """He is invited and accepts; gamma is told. Returns the snapshot, if he is the first of gamma's, or the change."""
        invite = await self.invited(user)
        heard = await self.gamma.hears("community.invite", invite_id=invite)
        assert (heard["sender"], heard["to"], heard["data"]["name"]) == (self.owner.user_id, user, self.community.name)
        place = len(self.gamma.events)
        assert await self.delivers(self.says("community.accept", user, invite_id=invite)) == {}
        return await self.hears_state(place, lambda it: any(m["user_id"] == user for m in it["data"].get("members", [])))

    async def hears_state(self, place, fits=lambda it: True):
        """The first event of the community's state behind a place in what gamma has heard."""

        def find():
            return next((it for it in self.states(place) if fits(it)), None)

        return await self.gamma.changes.until(find, "gamma hears of the community", 20)

    def states(self, place=0):
        return [
            it for it in self.gamma.events[place:] if it["type"] == "community.state" and it["data"]["community_id"] == self.community.id
        ]

    def heard(self, text):
        return [it for it in self.gamma.events if it["data"].get("message") == text]

    async def refuses(self, code, *events):
        """And nobody sees anything of it."""
        before = await shown(self.owner)
        assert await self.delivers(*events) == ({} if code is None else dict.fromkeys(range(len(events)), code))
        assert await shown(self.owner) == before


@pytest.fixture
async def guests(stage):
    owner = await (await stage.alpha.person("anna")).connects()
    return Guests(stage, await owner.founds(), owner)


def fresh(stage, name):
    """A user of gamma's whom nobody has heard of."""
    return stage.gamma.user(f"{name}.{uuid7().hex[-8:]}")


# The honest member


async def test_who_accepts_is_in_and_his_home_is_told_what_he_may_see(guests):
    secret = await guests.owner.makes_channel(guests.community, "secret")
    await guests.owner.overrides(secret, "everyone", deny=["view_channel"])
    await guests.owner.writes("of old", guests.community.general)
    carol = fresh(guests.stage, "carol")
    state = (await guests.comes_in(carol))["data"]
    assert (state["snapshot"], state["member_count"], state["community"]["owner"]) == ("last", 2, guests.owner.user_id)
    assert [it["user_id"] for it in state["members"]] == [carol]
    assert set(state["only_roles"]) == {it["role_id"] for it in state["roles"]} == set(guests.community.roles.values())
    assert [it["everyone"] for it in state["roles"]] == [True] + [False] * (len(state["roles"]) - 1)
    general = next(it for it in state["channels"] if it["channel_id"] == guests.community.general)
    assert (general["last_seq"], general["last_n"]) == (1, 1)
    assert secret not in state["only_channels"] and "secret" not in str(state)
    joined = await guests.owner.receives("member-changed", user_id=carol, state="member")
    assert joined["reason"] == "joined"


async def test_what_is_said_goes_once_to_each_home_and_never_from_where_nobody_looks(guests):
    carol, dave = fresh(guests.stage, "carol"), fresh(guests.stage, "dave")
    await guests.comes_in(carol)
    await guests.comes_in(dave)
    secret = await guests.owner.makes_channel(guests.community, "secret")
    await guests.owner.overrides(secret, "everyone", deny=["view_channel"])
    await guests.hears_state(0, lambda it: secret in it["data"].get("removed_channels", []))
    place = len(guests.gamma.events)
    await guests.owner.writes(hidden := f"hidden {uuid7()}", secret)
    await guests.owner.writes(public := f"public {uuid7()}", guests.community.general, nonce="mine")
    event = await guests.gamma.hears("community.message", message=public)
    assert (event["sender"], event["data"]["seq"], "nonce" in event["data"], "to" in event) == (guests.owner.user_id, 1, False, False)
    assert guests.heard(hidden) == [] and len(guests.heard(public)) == 1
    assert secret not in str(guests.gamma.events[place:])
    # For one of them it becomes visible, and what is said from then on goes there.
    await guests.owner.overrides(secret, carol, allow=["view_channel"])
    state = await guests.hears_state(place, lambda it: it["data"].get("channels"))
    assert [(it["channel_id"], it["last_seq"]) for it in state["data"]["channels"]] == [(secret, 1)]
    await guests.owner.writes(shared := f"shared {uuid7()}", secret)
    await guests.gamma.hears("community.message", message=shared)
    await guests.owner.overrides(secret, carol, deny=["view_channel"])
    removed = await guests.hears_state(place, lambda it: it["data"].get("removed_channels"))
    assert removed["data"]["removed_channels"] == [secret]
    await guests.owner.writes(hidden := f"hidden {uuid7()}", secret)
    await guests.owner.writes(public := f"public {uuid7()}", guests.community.general)
    await guests.gamma.hears("community.message", message=public)
    assert guests.heard(hidden) == []


async def test_what_a_member_writes_is_numbered_and_comes_back_with_his_nonce(guests):
    carol = fresh(guests.stage, "carol")
    await guests.comes_in(carol)
    event = guests.writes(carol, text := f"from afar {uuid7()}", nonce="n1")
    assert await guests.delivers(event) == {}
    heard = await guests.owner.hears(text, guests.community.general)
    assert (heard["from_user_id"], heard["message_id"], heard["seq"], "nonce" in heard) == (carol, event["id"], 1, False)
    echo = await guests.gamma.hears("community.message", message=text)
    assert (echo["id"], echo["sender"], echo["data"]["nonce"], echo["data"]["seq"]) == (event["id"], carol, "n1", 1)
    # Once more, as it is and under another id with the same nonce: nothing twice.
    await guests.refuses(None, event, guests.writes(carol, text, nonce="n1"))


# What they may not


async def test_who_is_no_member_cannot_write(guests):
    carol, stranger, guest = (fresh(guests.stage, name) for name in ("carol", "stranger", "guest"))
    await guests.comes_in(carol)
    await guests.invited(guest)
    for user in (stranger, guest):
        await guests.refuses("not_found", guests.writes(user, "let me in"))
    kicked = fresh(guests.stage, "kicked")
    await guests.comes_in(kicked)
    assert await guests.delivers(guests.writes(kicked, "still in")) == {}
    place = len(guests.gamma.events)
    (await guests.owner.http("DELETE", f"{guests.community.path}/members/{kicked}")).expect(204)
    gone = (await guests.hears_state(place, lambda it: it["data"].get("members")))["data"]["members"]
    assert [(it["user_id"], it["state"], it["reason"]) for it in gone] == [(kicked, "gone", "kicked")]
    await guests.refuses("not_found", guests.writes(kicked, "after it"))


async def test_nobody_writes_for_users_of_other_homeservers(guests):
    carol = fresh(guests.stage, "carol")
    await guests.comes_in(carol)
    for user in (guests.owner.user_id, "dora@delta.localhost"):
        events = [
            guests.writes(user, "in another's name"), guests.says("community.leave", user), guests.says("community.resync", user),
            guests.says("community.accept", user, invite_id=str(uuid7())), guests.says("community.decline", user, invite_id=str(uuid7())),
        ]  # fmt: skip
        await guests.refuses("forbidden", *events)


async def test_a_member_whose_homeserver_does_not_limit_him_is_limited_here(guests):
    rita = fresh(guests.stage, "rita")
    await guests.comes_in(rita)
    codes = []
    for batch in range(12):
        events = [guests.writes(rita, f"flood {batch} {number}") for number in range(100)]
        rejected = await guests.delivers(*events)
        codes += [rejected.get(number) for number in range(100)]
    refused = [it for it in codes if it is not None]
    assert set(refused) == {"rate_limited"} and refused == codes[-len(refused) :], "what comes first is taken"
    # Of 1,200 a thousand at once, and a few each second that it took.
    assert 1000 <= len(codes) - len(refused) < 1200
    assert (await guests.owner.channel_history(guests.community.general))[1] == len(codes) - len(refused)
    # It is his own limit.
    quinn = fresh(guests.stage, "quinn")
    await guests.comes_in(quinn)
    assert await guests.delivers(guests.writes(quinn, "and one more")) == {}
    await guests.owner.hears("and one more", guests.community.general)


async def test_a_member_writes_only_where_he_may(guests):
    carol = fresh(guests.stage, "carol")
    await guests.comes_in(carol)
    owner, community = guests.owner, guests.community
    secret, quiet = await owner.makes_channel(community, "secret"), await owner.makes_channel(community, "quiet")
    slow, voice = await owner.makes_channel(community, "slow"), await owner.makes_channel(community, "talk", kind="voice")
    await owner.changes_channel(slow, slow_mode_seconds=600)
    await owner.overrides(secret, "everyone", deny=["view_channel"])
    await owner.overrides(quiet, "everyone", deny=["send_messages"])
    other = await owner.founds("Another")
    said = (await owner.writes("in the other", other.general))["message_id"]
    assert await guests.delivers(guests.writes(carol, "the first", slow)) == {}
    for code, event in (
        ("not_found", guests.writes(carol, "x", secret)), ("forbidden", guests.writes(carol, "x", quiet)),
        ("slow_mode", guests.writes(carol, "x", slow)), ("invalid", guests.writes(carol, "x", voice)),
        ("not_found", guests.writes(carol, "x", other.general)), ("not_found", guests.writes(carol, "x", NOBODY)),
        ("not_found", guests.writes(carol, "x", reply_to=said)), ("not_found", guests.writes(carol, "x", reply_to=str(uuid7()))),
        ("forbidden", guests.writes(carol, "x", mentions=["everyone"])), ("invalid", guests.writes(carol, "x", mentions=["no one"])),
        ("invalid", guests.writes(carol, "")), ("invalid", guests.writes(carol, "x", nonce="n" * 65)), ("conflict", guests.writes(carol, "x") | {"id": said}),
    ):  # fmt: skip
        await guests.refuses(code, event)
    (await owner.http("PUT", f"{community.path}/members/{carol}/time-out", json={"seconds": 600})).expect(200)
    await guests.refuses("forbidden", guests.writes(carol, "timed out"))


async def test_an_invitation_is_for_one_person_and_one_time(guests):
    carol, dave, eve = (fresh(guests.stage, name) for name in ("carol", "dave", "eve"))
    invite = await guests.invited(carol)
    await guests.invited(dave)
    accept = lambda user, invite, **fields: guests.says("community.accept", user, invite_id=invite) | fields  # noqa: E731
    await guests.refuses("not_found", accept(dave, invite), accept(eve, invite), accept(carol, str(uuid7())))
    other = Guests(guests.stage, await guests.owner.founds("Another"), guests.owner)
    await guests.refuses("not_found", other.says("community.accept", carol, invite_id=invite))
    assert await guests.delivers(accept(carol, invite)) == {}
    await guests.owner.receives("member-changed", user_id=carol, state="member")
    await guests.refuses(None, accept(carol, invite))
    assert set(await guests.owner.members(guests.community)) == {guests.owner.user_id, carol}
    assert await guests.delivers(guests.says("community.leave", carol)) == {}
    await guests.owner.receives("member-changed", user_id=carol, state="gone")
    await guests.refuses("not_found", accept(carol, invite))
    refused = await guests.invited(eve)
    assert await guests.delivers(guests.says("community.decline", eve, invite_id=refused)) == {}
    await guests.refuses("not_found", accept(eve, refused))


async def test_an_acceptance_counts_from_when_it_was_made(guests):
    """Within thirty days, and only when the invitation was open then."""
    late, early, older = (fresh(guests.stage, name) for name in ("late", "early", "older"))
    invites = {user: await guests.invited(user) for user in (late, early, older)}
    await guests.alpha.query(
        """UPDATE community_invites SET created_at = now() - interval '20 days', expires_at = now() - interval '10 days'
           WHERE id = ANY(%s::uuid[])""",
        [invites[late], invites[early]],
    )
    await guests.alpha.query(
        """UPDATE community_invites SET created_at = now() - interval '50 days', expires_at = now() - interval '31 days'
           WHERE id = %s""",
        invites[older],
    )

    async def are_expired():
        rows = await guests.alpha.query("SELECT state FROM community_invites WHERE id = ANY(%s::uuid[])", list(invites.values()))
        return {state for (state,) in rows} == {"expired"}

    await eventually(are_expired, "the invitations are over", within=30)

    def accept(user, days):
        return guests.says("community.accept", user, invite_id=invites[user]) | {"ts": days_ago(days)}

    await guests.refuses("not_found", accept(late, 5), accept(older, 32))
    assert await guests.delivers(accept(early, 15)) == {}
    assert set(await guests.owner.members(guests.community)) == {guests.owner.user_id, early}


def days_ago(days):
    return instant(datetime.now(UTC) - timedelta(days=days))


async def test_leaving_twice_and_asking_anew(guests):
    carol, dave, eve = (fresh(guests.stage, name) for name in ("carol", "dave", "eve"))
    await guests.comes_in(carol)
    await guests.comes_in(dave)
    place = len(guests.gamma.events)
    assert await guests.delivers(guests.says("community.resync", dave)) == {}
    state = (await guests.hears_state(place))["data"]
    assert (state["snapshot"], [it["user_id"] for it in state["members"]]) == ("last", sorted([carol, dave]))
    assert await guests.delivers(guests.says("community.leave", dave), guests.says("community.leave", dave)) == {}
    await guests.owner.receives("member-changed", user_id=dave, state="gone")
    await guests.refuses(None, guests.says("community.leave", dave))
    assert await guests.delivers(guests.says("community.leave", carol)) == {}
    await guests.owner.receives("member-changed", user_id=carol, state="gone")
    for community in (guests.community.id, str(uuid7())):
        event = guests.says("community.resync", carol) | {"data": {"community_id": community}}
        assert await guests.delivers(event) == {}
        await guests.gamma.hears("community.gone", community_id=community)
    assert await guests.delivers(guests.says("community.resync", eve)) == {0: "not_found"}
    assert set(await guests.owner.members(guests.community)) == {guests.owner.user_id}


async def test_who_is_unknown_asks_anew_for_his_homeserver(guests):
    """A restored database may have forgotten him, and not the others from there; nothing stays of him here."""
    carol, eve = fresh(guests.stage, "carol"), fresh(guests.stage, "eve")
    await guests.comes_in(carol)
    place = len(guests.gamma.events)
    assert await guests.delivers(guests.says("community.resync", eve)) == {}
    state = await guests.hears_state(place)
    assert (state["sender"], state["data"]["snapshot"]) == (guests.owner.user_id, "last")
    assert [it["user_id"] for it in state["data"]["members"]] == [carol]
    # Of what is not here, and of where nobody of gamma's is in.
    other = Guests(guests.stage, await guests.owner.founds("Another"), guests.owner)
    unknown = guests.says("community.resync", eve) | {"data": {"community_id": str(uuid7())}}
    await guests.refuses("not_found", unknown, other.says("community.resync", eve))
    assert await guests.alpha.query("SELECT 1 FROM users WHERE address = %s", eve) == []


async def test_asking_anew_again_and_again_is_answered_once_in_a_while(guests):
    carol = fresh(guests.stage, "carol")
    invite = await guests.invited(carol)
    accepts = [guests.says("community.accept", carol, invite_id=invite) for _ in range(50)]
    place = len(guests.gamma.events)
    assert await guests.delivers(accepts[0]) == {}
    await guests.hears_state(place)
    link = await guests.owner.makes_link(guests.community)
    place = len(guests.gamma.events)
    asks = [guests.says("community.resync", carol) for _ in range(51)]
    assert await guests.delivers(*asks[:50], *accepts[1:]) == {}
    assert await guests.delivers(asks[50]) == {}
    answer = await guests.gamma.carries(guests.alpha, carol, "POST", f"/invite-links/{link}/join")
    assert answer.expect(200).json["status"] == 200
    await guests.hears_state(place)
    # Whatever else went there went before this.
    await guests.owner.writes(last := f"last {uuid7()}", guests.community.general)
    await guests.gamma.hears("community.message", message=last)
    assert len(guests.states(place)) == 1
    # What has not been told it may ask for again.
    place = len(guests.gamma.events)

    async def is_told():
        assert await guests.delivers(guests.says("community.resync", carol)) == {}
        return guests.states(place)

    await eventually(is_told, "gamma is told everything once more", within=20, pause=1)


async def test_after_the_last_has_left_nothing_goes_there(guests):
    carol = fresh(guests.stage, "carol")
    await guests.comes_in(carol)
    (await guests.owner.http("PUT", f"{guests.community.path}/bans/{carol}", json={})).expect(204)
    await guests.gamma.changes.until(lambda: any(it["data"].get("members", [{}])[0].get("reason") == "banned" for it in guests.states()), "gamma hears")
    place = len(guests.gamma.events)
    await guests.owner.writes("among us", guests.community.general)
    await guests.owner.makes_channel(guests.community, "new")
    # Whatever went there went before this.
    await guests.stage.alice.sends(last := f"last {uuid7()}", to=guests.stage.carol)
    await guests.gamma.hears("direct.message", message=last)
    assert [it["type"] for it in guests.gamma.events[place:] if it["data"].get("community_id") == guests.community.id] == []
    invite = await guests.owner.http("POST", f"{guests.community.path}/invites", json={"user_id": carol})
    invite.expect(409, "conflict")
