"""Every operation of a community, tried by somebody who has every permission but the one that it needs: refused, and granted with it."""

import pytest

from harness.communities import NOBODY, OF_CHANNELS, PERMISSIONS

ACROSS = True

EVERYTHING = [it for it in PERMISSIONS if it != "administrator"]


class Scene:
    """alice owns it; bob, whose role stands high, has everything but one permission; carol has nothing and no role."""

    @classmethod
    async def made(cls, home):
        scene = cls()
        scene.community, scene.alice, scene.bob, scene.carol = await home.community("alice", "bob", "carol")
        scene.home = home
        c, alice = scene.community, scene.alice
        # Whatever everyone may, he could do without his role.
        await alice.changes_role(c, c.everyone, permissions=[])
        scene.low = await alice.makes_role(c, "Low")
        scene.role = await alice.makes_role(c, "Almost", EVERYTHING)
        roles = (await alice.sees(c))["roles"]
        await alice.changes_role(c, scene.role, position=max(it["position"] for it in roles))
        await alice.gives(c, scene.role, scene.bob)
        await alice.overrides(c.general, scene.carol, allow=["view_channel", "send_messages", "read_history"])
        scene.message = (await scene.carol.writes("something", c.general))["message_id"]
        return scene

    async def may_all_but(self, name):
        await self.alice.changes_role(self.community, self.role, permissions=[it for it in EVERYTHING if it != name])

    async def may_all(self):
        await self.alice.changes_role(self.community, self.role, permissions=EVERYTHING)

    @property
    def path(self):
        return self.community.path

    def http(self, method, path, **options):
        return self.bob.http(method, path, **options)

    async def writes(self, **fields):
        """As an answer of HTTP would be: (status, code)."""
        self.nonce = getattr(self, "nonce", 0) + 1
        fields = {"channel_id": self.community.general, "message": "x", "nonce": f"n{self.nonce}", **fields}
        await self.bob.socket.send("channel-message", **fields)
        answer = await self.bob.socket.receives_either(("ack", "error"), nonce=fields["nonce"])
        await self.bob.has_arrived()
        return answer.get("code", "done")


async def new_role(s):
    return await s.http("POST", f"{s.path}/roles", json={"name": "New", "permissions": []})


async def guest(s):
    """Somebody new who is in, to be removed."""
    one = await s.home.person("guest")
    await one.joins(s.community)
    return one


async def kick(s):
    return await s.http("DELETE", f"{s.path}/members/{(await guest(s)).user_id}")


async def ban(s):
    return await s.http("PUT", f"{s.path}/bans/{(await guest(s)).user_id}", json={})


async def unban(s):
    one = await s.home.person("banned")
    await s.alice.bans(s.community, one)
    return await s.http("DELETE", f"{s.path}/bans/{one.user_id}")


async def invite(s):
    return await s.http("POST", f"{s.path}/invites", json={"user_id": (await s.home.person("guest")).user_id})


async def withdraw(s):
    invite_id = (await s.alice.invites(await s.home.person("guest"), to=s.community))["invite_id"]
    return await s.http("DELETE", f"{s.path}/invites/{invite_id}")


async def revoke(s):
    return await s.http("DELETE", f"{s.path}/invite-links/{await s.alice.makes_link(s.community)}")


async def uses(s):
    return await s.http("GET", f"{s.path}/invite-links/{await s.alice.makes_link(s.community)}/uses")


async def delete_channel(s):
    return await s.http("DELETE", f"/channels/{await s.alice.makes_channel(s.community, 'for deletion')}")


async def delete_role(s):
    return await s.http("DELETE", f"{s.path}/roles/{await s.alice.makes_role(s.community, 'for deletion')}")


async def take_role(s):
    await s.alice.gives(s.community, s.low, s.carol)
    return await s.http("DELETE", f"{s.path}/members/{s.carol.user_id}/roles/{s.low}")


async def end_time_out(s):
    await s.alice.times_out(s.community, s.carol, 60)
    answer = await s.http("DELETE", f"{s.path}/members/{s.carol.user_id}/time-out")
    await s.alice.http("DELETE", f"{s.path}/members/{s.carol.user_id}/time-out")
    return answer


async def delete_message(s):
    message = (await s.carol.writes("for deletion", s.community.general))["message_id"]
    return await s.http("DELETE", f"/channels/{s.community.general}/messages/{message}")


async def close_report(s):
    report = await s.carol.reports(s.community.general, s.message, "x")
    return await s.http("POST", f"{s.path}/reports/{report}/close", json={})


async def remove_override(s):
    await s.alice.overrides(s.community.general, s.low, allow=["speak"])
    return await s.http("DELETE", f"/channels/{s.community.general}/overrides/{s.low}")


# What it is, the permission that it needs, and how it is done.
OPERATIONS = {
    "change the community": ("manage_community", lambda s: s.http("PATCH", s.path, json={"description": "x"})),
    "make a role": ("manage_roles", new_role),
    "change a role": ("manage_roles", lambda s: s.http("PATCH", f"{s.path}/roles/{s.low}", json={"name": "Lower"})),
    "delete a role": ("manage_roles", delete_role),
    "give a role": ("manage_roles", lambda s: s.http("PUT", f"{s.path}/members/{s.carol.user_id}/roles/{s.low}")),
    "take a role": ("manage_roles", take_role),
    "make a channel": ("manage_channels", lambda s: s.http("POST", f"{s.path}/channels", json={"name": "new"})),
    "change a channel": ("manage_channels", lambda s: s.http("PATCH", f"/channels/{s.community.general}", json={"topic": "x"})),
    "delete a channel": ("manage_channels", delete_channel),
    "set an override": (
        "manage_channels",
        lambda s: s.http("PUT", f"/channels/{s.community.general}/overrides/{s.low}", json={"allow": ["speak"], "deny": []}),
    ),
    "remove an override": ("manage_channels", remove_override),
    "invite": ("create_invites", invite),
    "make a link": ("create_invites", lambda s: s.http("POST", f"{s.path}/invite-links", json={})),
    "withdraw another's invitation": ("manage_invites", withdraw),
    "revoke another's link": ("manage_invites", revoke),
    "see uses of a link": ("manage_invites", uses),
    "kick": ("kick_members", kick),
    "ban": ("ban_members", ban),
    "end a ban": ("ban_members", unban),
    "see bans": ("ban_members", lambda s: s.http("GET", f"{s.path}/bans")),
    "time out": (
        "time_out_members",
        lambda s: s.http("PUT", f"{s.path}/members/{s.carol.user_id}/time-out", json={"seconds": 1}),
    ),
    "end a time-out": ("time_out_members", end_time_out),
    "read the audit log": ("view_audit_log", lambda s: s.http("GET", f"{s.path}/audit-log")),
    "see reports": ("handle_reports", lambda s: s.http("GET", f"{s.path}/reports")),
    "close a report": ("handle_reports", close_report),
    "delete another's message": ("manage_messages", delete_message),
    "read history": ("read_history", lambda s: s.http("GET", f"/channels/{s.community.general}/messages")),
    "read events": ("read_history", lambda s: s.http("GET", f"/channels/{s.community.general}/events?after=0")),
    "write": ("send_messages", lambda s: s.writes()),
    "mention everyone": ("mention_everyone", lambda s: s.writes(mentions=["everyone"])),
    "mention a role": ("mention_everyone", lambda s: s.writes(mentions=[s.low])),
}
# What is not even there for who lacks the permission.
HIDDEN = {"withdraw another's invitation", "revoke another's link", "see uses of a link"}


def outcome(answer):
    """The code of a refusal, or done; of an answer of HTTP or of a frame."""
    if isinstance(answer, str):
        return answer
    return "done" if answer.status in (200, 201, 204) else answer.code


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_it_needs_exactly_its_permission(home, operation):
    name, tries = OPERATIONS[operation]
    scene = await Scene.made(home)
    await scene.may_all_but(name)
    assert name not in await scene.bob.permissions(scene.community)
    assert outcome(await tries(scene)) == ("not_found" if operation in HIDDEN else "forbidden")
    await scene.may_all()
    assert outcome(await tries(scene)) == "done"
    # And by itself it is enough, whatever else he may not.
    if name not in ("mention_everyone", "read_history", "send_messages", "manage_messages") and operation != "remove an override":
        # What is about a channel, or a message in it, needs sight of it.
        alone = [name, "view_channel"] if name in OF_CHANNELS or operation == "close a report" else [name]
        await scene.alice.changes_role(scene.community, scene.role, permissions=alone)
        if operation == "set an override":
            await scene.alice.overrides(scene.community.general, scene.low)
            body = {"allow": [], "deny": ["view_channel"]}
            answer = await scene.http("PUT", f"/channels/{scene.community.general}/overrides/{scene.low}", json=body)
        else:
            answer = await tries(scene)
        assert outcome(answer) == "done", answer


async def test_what_is_the_owners_nobody_else_may(home):
    scene = await Scene.made(home)
    await scene.alice.gives(scene.community, scene.community.roles["Administrator"], scene.bob)
    for answer in (
        await scene.http("DELETE", scene.path),
        await scene.http("POST", f"{scene.path}/transfer", json={"user_id": scene.carol.user_id}),
    ):
        answer.expect(403, "forbidden")
    assert (await scene.bob.sees(scene.community))["owner_user_id"] == scene.alice.user_id


async def test_slow_mode_binds_who_may_not_bypass_it(home):
    scene = await Scene.made(home)
    await scene.alice.changes_channel(scene.community.general, slow_mode_seconds=600)
    await scene.may_all_but("bypass_slow_mode")
    assert await scene.writes() == "done"
    assert await scene.writes() == "slow_mode"
    await scene.may_all()
    assert await scene.writes() == "done"
    assert await scene.writes() == "done"


async def test_without_view_channel_nothing_of_it_is_there(home):
    scene = await Scene.made(home)
    general = scene.community.general
    await scene.may_all_but("view_channel")
    for method, path, body in (
        ("GET", f"/channels/{general}/messages", None),
        ("GET", f"/channels/{general}/events?after=0", None),
        ("PATCH", f"/channels/{general}", {"name": "x"}),
        ("DELETE", f"/channels/{general}", None),
        ("PUT", f"/channels/{general}/overrides/{scene.bob.user_id}", {"allow": ["view_channel"], "deny": []}),
        ("DELETE", f"/channels/{general}/messages/{scene.message}", None),
        ("POST", f"/channels/{general}/messages/{scene.message}/reports", {"reason": "x"}),
    ):
        answer = await scene.http(method, path, **({"json": body} if body else {}))
        answer.expect(404, "not_found")
    assert await scene.writes() == "not_found"
    assert await scene.bob.channel_list(scene.community) == {}
    await scene.may_all()
    assert await scene.writes() == "done"


async def test_who_has_nothing_may_do_nothing(home):
    """carol is a member without any permission in the community: all of it is forbidden, and she may leave."""
    scene = await Scene.made(home)
    scene.bob, scene.full = scene.carol, scene.bob
    assert await scene.carol.permissions(scene.community) == []
    refused = 0
    for operation, (_, tries) in OPERATIONS.items():
        # An override lets her read and write.
        if operation in ("write", "read history", "read events"):
            continue
        answer = await tries(scene)
        # A new channel she does not even see.
        hidden = operation in HIDDEN or operation == "delete a channel"
        assert outcome(answer) == ("not_found" if hidden else "forbidden"), (operation, answer)
        refused += 1
    assert refused > 25
    await scene.carol.leaves(scene.community)


async def test_a_stranger_finds_nothing_whatever_he_tries(home):
    scene = await Scene.made(home)
    mallory = await (await home.person("mallory")).connects()
    members = set(await scene.alice.members(scene.community))
    before = await scene.alice.sees(scene.community)
    c = scene.community
    operations = [
        ("GET", "", None), ("PATCH", "", {"name": "x"}), ("DELETE", "", None), ("POST", "/leave", None),
        ("POST", "/transfer", {"user_id": mallory.user_id}), ("GET", "/channels", None), ("POST", "/channels", {"name": "x"}),
        ("GET", "/roles", None), ("POST", "/roles", {"name": "x", "permissions": []}),
        ("PATCH", f"/roles/{scene.low}", {"name": "x"}), ("DELETE", f"/roles/{scene.low}", None), ("GET", "/members", None),
        ("GET", f"/members/{scene.bob.user_id}", None), ("DELETE", f"/members/{scene.bob.user_id}", None),
        ("PUT", f"/members/{mallory.user_id}/roles/{scene.role}", None),
        ("DELETE", f"/members/{scene.bob.user_id}/roles/{scene.role}", None),
        ("PUT", f"/members/{scene.bob.user_id}/time-out", {"seconds": 60}),
        ("DELETE", f"/members/{scene.bob.user_id}/time-out", None), ("GET", "/bans", None),
        ("PUT", f"/bans/{scene.bob.user_id}", {}), ("DELETE", f"/bans/{scene.bob.user_id}", None), ("GET", "/invites", None),
        ("POST", "/invites", {"user_id": mallory.user_id}), ("DELETE", f"/invites/{NOBODY}", None), ("GET", "/invite-links", None),
        ("POST", "/invite-links", {}), ("DELETE", "/invite-links/abcdefghijkl", None),
        ("GET", "/invite-links/abcdefghijkl/uses", None), ("GET", "/audit-log", None), ("GET", "/reports", None),
        ("POST", f"/reports/{NOBODY}/close", {}),
    ]  # fmt: skip
    for method, path, body in operations:
        options = {"json": body} if body is not None else {}
        answer = await mallory.http(method, c.path + path, **options)
        unknown = await mallory.http(method, f"/servers/{NOBODY}{path}", **options)
        answer.expect(404, "not_found")
        assert answer.body == unknown.body.replace(NOBODY.encode(), c.id.encode()), (method, path)
    await mallory.cannot_write(c.general, "not_found")
    assert set(await scene.alice.members(c)) == members
    assert await scene.alice.sees(c) == before
    await mallory.socket.has_received_no("community-changed", "channel-changed", "member-changed", "new-channel-message")
