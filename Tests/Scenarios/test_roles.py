"""Roles: who may what, in which order it is decided, and that nobody rises over himself."""

import random

from harness.communities import NOBODY, OF_CHANNELS, PERMISSIONS, WHILE_TIMED_OUT

ACROSS = True

OF_MEMBERS = {"view_channel", "send_messages", "read_history", "create_invites", "attach_files", "add_reactions", "connect", "speak"}


async def role_list(person, community):
    """All roles, as {role_id: role}, checked for what holds of each such list."""
    roles = (await person.http("GET", f"{community.path}/roles")).expect(200).json["roles"]
    assert [it["position"] for it in roles if it["everyone"]] == [0]
    assert sorted(it["position"] for it in roles) == list(range(len(roles))), "positions have no gaps"
    assert sorted(roles, key=lambda it: it["role_id"]) == sorted(
        (await person.sees(community))["roles"], key=lambda it: it["role_id"]
    )
    return {it["role_id"]: it for it in roles}


async def hears_of(person, role):
    """That it was made or changed; others that moved by it are told of too."""
    return await person.receives("community-changed", reason="role", matching=lambda it: it.get("role", {}).get("role_id") == role)


async def test_a_role_is_made_changed_and_deleted(home):
    community, alice, bob = await home.community("alice", "bob")
    before = await role_list(alice, community)
    role = await alice.makes_role(community, "Wächter", ["speak", "kick_members", "kick_members"], color="#12ab9f")
    for one in (alice, bob):
        heard = await hears_of(one, role)
    roles = await role_list(bob, community)
    assert roles[role] == heard["role"]
    assert roles[role] == {
        "role_id": role, "name": "Wächter", "permissions": ["kick_members", "speak"], "position": 1, "everyone": False,
        "color": "#12ab9f",
    }  # fmt: skip
    for known, it in before.items():
        moved = 0 if it["everyone"] else 1
        assert roles[known]["position"] == it["position"] + moved, "a new one stands at position 1, the others over it"

    changed = await alice.changes_role(community, role, name="Guards", permissions=["ban_members"], color=None)
    assert (changed["name"], changed["permissions"], changed["position"]) == ("Guards", ["ban_members"], 1)
    assert "color" not in changed
    heard = await hears_of(bob, role)
    assert heard["role"] == changed
    top = max(it["position"] for it in roles.values())
    await alice.changes_role(community, role, position=top)
    roles = await role_list(bob, community)
    assert roles[role]["position"] == top
    assert sorted(before, key=lambda it: roles[it]["position"]) == sorted(before, key=lambda it: before[it]["position"])

    await alice.gives(community, role, bob)
    (await alice.http("DELETE", f"{community.path}/roles/{role}")).expect(204)
    heard = await bob.receives("community-changed", server_id=community.id, removed_role_id=role)
    assert set(await role_list(alice, community)) == set(before)
    assert (await alice.member(community, bob))["role_ids"] == []
    assert "ban_members" not in await bob.permissions(community)


async def test_a_role_works_from_the_moment_it_is_given_until_it_is_taken(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    role = await alice.makes_role(community, "Sweepers", ["manage_messages"])
    first = await carol.writes("one", community.general)
    second = await carol.writes("two", community.general)
    path = f"/channels/{community.general}/messages/"
    (await bob.http("DELETE", path + first["message_id"])).expect(403, "forbidden")
    member = await alice.gives(community, role, bob)
    assert (member["user_id"], member["role_ids"]) == (bob.user_id, [role])
    for one in (alice, bob, carol):
        heard = await one.receives("member-changed", server_id=community.id, user_id=bob.user_id, reason="role")
        assert (heard["state"], heard["role_ids"]) == ("member", [role])
    assert "manage_messages" in await bob.permissions(community)
    (await bob.http("DELETE", path + first["message_id"])).expect(204)
    # Given again it is no second one, and no news.
    assert (await alice.gives(community, role, bob))["role_ids"] == [role]
    await bob.socket.has_received_no("member-changed")
    member = await alice.takes(community, role, bob)
    assert member["role_ids"] == []
    (await bob.http("DELETE", path + second["message_id"])).expect(403, "forbidden")
    assert "manage_messages" not in await bob.permissions(community)
    heard = await bob.receives("member-changed", user_id=bob.user_id, reason="role")
    assert heard["role_ids"] == []


async def test_everyones_role_is_changed_like_any_other_and_never_goes(home):
    community, alice, bob = await home.community("alice", "bob")
    everyone = community.everyone
    changed = await alice.changes_role(community, everyone, permissions=["view_channel", "read_history"])
    assert (changed["everyone"], changed["position"]) == (True, 0)
    await bob.cannot_write(community.general, "forbidden")
    assert await bob.permissions(community) == ["view_channel", "read_history"]
    await alice.changes_role(community, everyone, permissions=["view_channel", "send_messages"])
    await bob.writes("I may", community.general)
    for answer in (
        await alice.http("DELETE", f"{community.path}/roles/{everyone}"),
        await alice.http("PUT", f"{community.path}/members/{bob.user_id}/roles/{everyone}"),
        await alice.http("DELETE", f"{community.path}/members/{bob.user_id}/roles/{everyone}"),
        await alice.http("PATCH", f"{community.path}/roles/{everyone}", json={"position": 2}),
    ):
        assert answer.status in (400, 403, 404, 409), answer
    await role_list(bob, community)
    assert (await alice.member(community, bob))["role_ids"] == []


async def test_nobody_rises_over_himself(home):
    """bob manages roles at position 2 of 4: what stands as high as he does or higher is out of his reach, and so is what he does not have."""
    community, alice, bob, carol, dora = await home.community("alice", "bob", "carol", "dora")
    low = await alice.makes_role(community, "Low", ["add_reactions"])
    manager = await alice.makes_role(community, "Manager", ["manage_roles", "kick_members"])
    high = await alice.makes_role(community, "High", ["speak"])
    for place, role in enumerate((low, manager, high), start=1):
        await alice.changes_role(community, role, position=place)
    roles = await role_list(alice, community)
    assert roles[low]["position"] < roles[manager]["position"] < roles[high]["position"]
    await alice.gives(community, manager, bob)
    await alice.gives(community, high, dora)
    before = await role_list(alice, community)

    path = f"{community.path}/roles"
    refused = [
        ("PATCH", f"{path}/{high}", {"name": "x"}),
        ("PATCH", f"{path}/{manager}", {"permissions": ["administrator"]}),
        ("PATCH", f"{path}/{manager}", {"name": "x"}),
        ("PATCH", f"{path}/{low}", {"position": before[manager]["position"]}),
        ("PATCH", f"{path}/{low}", {"position": before[high]["position"]}),
        ("PATCH", f"{path}/{low}", {"permissions": ["ban_members"]}),
        ("PATCH", f"{path}/{low}", {"permissions": ["administrator"]}),
        ("PATCH", f"{path}/{community.everyone}", {"permissions": ["manage_community", "view_channel"]}),
        ("POST", path, {"name": "x", "permissions": ["administrator"]}),
        ("POST", path, {"name": "x", "permissions": ["kick_members", "ban_members"]}),
        ("DELETE", f"{path}/{high}", None),
        ("DELETE", f"{path}/{manager}", None),
        ("PUT", f"{community.path}/members/{bob.user_id}/roles/{high}", None),
        ("PUT", f"{community.path}/members/{carol.user_id}/roles/{high}", None),
        ("PUT", f"{community.path}/members/{carol.user_id}/roles/{manager}", None),
        ("PUT", f"{community.path}/members/{carol.user_id}/roles/{community.roles['Administrator']}", None),
        ("DELETE", f"{community.path}/members/{dora.user_id}/roles/{high}", None),
        ("DELETE", f"{community.path}/members/{dora.user_id}", None),
        ("DELETE", f"{community.path}/members/{alice.user_id}", None),
        ("DELETE", f"{community.path}/members/{bob.user_id}", None),
    ]
    for method, where, body in refused:
        answer = await bob.http(method, where, **({"json": body} if body else {}))
        assert answer.status == 403 and answer.code == "forbidden", (method, where, body, answer)
    assert await role_list(alice, community) == before
    assert set(await alice.members(community)) == {it.user_id for it in (alice, bob, carol, dora)}

    # What is below him is his to give.
    assert (await bob.gives(community, low, carol))["role_ids"] == [low]
    assert (await bob.changes_role(community, low, permissions=["kick_members"]))["permissions"] == ["kick_members"]
    own = await bob.makes_role(community, "Own", ["kick_members", "view_channel"])
    await bob.gives(community, own, carol)
    await bob.takes(community, own, carol)
    (await bob.http("DELETE", f"{community.path}/roles/{own}")).expect(204)
    # carol has kick_members now, and stands over nobody who has a role as high.
    (await carol.http("DELETE", f"{community.path}/members/{bob.user_id}")).expect(403, "forbidden")
    await bob.kicks(community, carol)


async def test_overrides_give_nobody_what_he_has_not(home):
    community, alice, bob = await home.community("alice", "bob")
    role = await alice.makes_role(community, "Builders", ["manage_channels", "manage_roles"])
    await alice.gives(community, role, bob)
    general = community.general
    for target in ("everyone", bob.user_id):
        for name in ("manage_messages", "mention_everyone"):
            answer = await bob.http("PUT", f"/channels/{general}/overrides/{target}", json={"allow": [name], "deny": []})
            answer.expect(403, "forbidden")
    assert (await alice.channel_list(community))[general]["overrides"] == []
    await bob.overrides(general, "everyone", deny=["add_reactions"])


async def test_an_administrator_may_everything_but_what_is_the_owners(home):
    community, alice, bob, carol = await home.community("alice", "bob", "carol")
    hidden = await alice.makes_channel(community, "hidden", private=True)
    await alice.overrides(community.general, bob, deny=["view_channel"])
    await alice.gives(community, community.roles["Administrator"], bob)
    assert await bob.permissions(community) == PERMISSIONS
    assert await bob.permissions(community, community.general) == await bob.permissions(community, hidden) == PERMISSIONS
    await bob.writes("everywhere", hidden)
    await bob.kicks(community, carol)
    for answer in (
        await bob.http("DELETE", community.path),
        await bob.http("POST", f"{community.path}/transfer", json={"user_id": bob.user_id}),
        await bob.http("DELETE", f"{community.path}/members/{alice.user_id}"),
        await bob.http("PUT", f"{community.path}/bans/{alice.user_id}", json={}),
        await bob.http("PUT", f"{community.path}/members/{alice.user_id}/time-out", json={"seconds": 60}),
        await bob.http("PATCH", f"{community.path}/roles/{community.roles['Administrator']}", json={"name": "x"}),
    ):
        answer.expect(403, "forbidden")


async def test_a_member_has_50_roles_at_most(home):
    community, alice, bob = await home.community("alice", "bob")
    roles = [await alice.makes_role(community, f"role {number}") for number in range(51)]
    for role in roles[:50]:
        await alice.gives(community, role, bob)
    answer = await alice.http("PUT", f"{community.path}/members/{bob.user_id}/roles/{roles[50]}")
    assert (answer.status, answer.code) in ((409, "conflict"), (413, "too_large")), answer
    assert len((await bob.sees(community))["role_ids"]) == 50
    for number in range(100 - 3 - 51):
        await alice.makes_role(community, f"and {number}")
    answer = await alice.http("POST", f"{community.path}/roles", json={"name": "one too many", "permissions": []})
    assert (answer.status, answer.code) in ((409, "conflict"), (413, "too_large")), answer
    assert len(await role_list(bob, community)) == 100


async def test_roles_of_another_community_are_none_here(home):
    community, alice, bob = await home.community("alice", "bob")
    other = await alice.founds("elsewhere")
    role = await alice.makes_role(other, "Elsewhere")
    for unknown in (role, NOBODY):
        for method, path in (
            ("PATCH", f"/roles/{unknown}"), ("DELETE", f"/roles/{unknown}"),
            ("PUT", f"/members/{bob.user_id}/roles/{unknown}"), ("DELETE", f"/members/{bob.user_id}/roles/{unknown}"),
        ):  # fmt: skip
            body = {"json": {"name": "x"}} if method == "PATCH" else {}
            (await alice.http(method, community.path + path, **body)).expect(404, "not_found")
    assert (await alice.sees(other))["roles"] != []


def ordered(names, all_names=PERMISSIONS):
    return [it for it in all_names if it in names]


def reckoned(member, roles, overrides, timed_out):
    """What docs/client-api.md says of who may what, done over: the permissions in the community, and those in a channel."""
    mine = [roles["everyone"]] + [roles[it] for it in member["roles"]]
    base = set().union(*mine)
    if "administrator" in base:
        return PERMISSIONS, PERMISSIONS
    here = set(base)
    own_roles = [overrides[it] for it in member["roles"] if it in overrides]
    together = (set().union(*(it[0] for it in own_roles)), set().union(*(it[1] for it in own_roles)))
    for allow, deny in (overrides.get("everyone", ((), ())), together, overrides.get(member["user_id"], ((), ()))):
        here = (here - set(deny)) | set(allow)
    if timed_out:
        base, here_left = base & set(WHILE_TIMED_OUT), here & set(WHILE_TIMED_OUT)
    else:
        here_left = here
    return ordered(base), ordered(here_left) if "view_channel" in here else None


async def test_permissions_are_as_the_documents_reckon_them(home, seed):
    """Random roles, overrides and time-outs: what the homeserver tells each member is what an implementation of the text says."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    community, alice, bob, carol = await home.community("alice", "bob", "carol")

    def some(names, most):
        return chance.sample(names, chance.randint(0, most))

    roles = {"everyone": OF_MEMBERS}
    for number in range(4):
        names = some(PERMISSIONS[1:], 8)
        roles[await alice.makes_role(community, f"{number}", names)] = set(names)
    members = {one: {"user_id": one.user_id, "roles": set()} for one in (bob, carol)}
    overrides, timed_out, hidden, different = {}, set(), 0, set()
    for step in range(150):
        one = chance.choice((bob, carol))
        match chance.randrange(8):
            case 0 | 1:
                role = chance.choice([it for it in roles if it != "everyone"])
                if role in members[one]["roles"]:
                    await alice.takes(community, role, one)
                    members[one]["roles"].remove(role)
                else:
                    await alice.gives(community, role, one)
                    members[one]["roles"].add(role)
            case 2:
                role = chance.choice(list(roles))
                names = some(PERMISSIONS[1:] + (["administrator"] if chance.random() < 0.2 else []), 9)
                if chance.random() < 0.8:
                    names = list(set(names) | {"view_channel"})
                await alice.changes_role(community, community.everyone if role == "everyone" else role, permissions=names)
                roles[role] = set(names)
            case 3 | 4 | 5:
                target = chance.choice([*roles, bob.user_id, carol.user_id])
                allow = some(OF_CHANNELS, 4)
                deny = [it for it in some(OF_CHANNELS, 5) if it not in allow]
                await alice.overrides(community.general, target, allow, deny)
                overrides[target] = (allow, deny)
            case 6:
                if overrides:
                    target = chance.choice(list(overrides))
                    (await alice.http("DELETE", f"/channels/{community.general}/overrides/{target}")).expect(200)
                    del overrides[target]
            case 7:
                if "administrator" in set().union(*(roles[it] for it in ("everyone", *members[one]["roles"]))):
                    continue  # whom nobody can time out
                if one in timed_out:
                    (await alice.http("DELETE", f"{community.path}/members/{one.user_id}/time-out")).expect(200)
                    timed_out.remove(one)
                else:
                    await alice.times_out(community, one, 3600)
                    timed_out.add(one)
        for member, it in members.items():
            told = (await member.permissions(community), await member.permissions(community, community.general))
            wanted = reckoned(it, roles, overrides, member in timed_out)
            assert told == wanted, (seed, step, str(member), it, roles, overrides, timed_out)
            hidden += told[1] is None
            different.add(str(told))
    assert len(different) > 8, "a test that saw nothing change"
