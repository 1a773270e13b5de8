"""Who is remembered, and what an event makes the process read anew of them."""

import asyncio
from typing import Any

import pytest

from app.auth.roles import Role
from app.db.documents import Event
from app.resolvers import identity
from app.resolvers.identity import Identities
from tests.api import Person, World


@pytest.fixture
def identities(world: World) -> Identities:
    """The people whom the process remembers."""
    return world.engine.identities


def event(type: str, subject: str, **more: Any) -> Event:
    told: Any = {"_id": 1, "type": type, "subject": subject, "space": None, "actor": None, **more}
    return told  # type: ignore[no-any-return]


def level_changed(person: Person, campaign: str, rank: int | None) -> Event:
    """Return what tells that somebody supports a campaign at a level, or not any more."""
    after = {"rank": rank} if rank is None else {"rank": rank, "rights": ["COMMENT"]}
    return event("level.changed", campaign, to=[person.id], after=after)


async def joined(world: World) -> tuple[Person, str]:
    """Return a person who owns a space, and the space."""
    owner = await world.person("ada")
    return owner, await world.space(owner)


async def test_a_pledge_changes_the_level_and_nothing_else(
    world: World, identities: Identities
) -> None:
    """Nothing of the person is read again, however often they pledge or take it back."""
    ada, space = await joined(world)
    before = await identities.find_viewer(ada.token or "")
    assert before
    assert await identities.find_viewer(ada.token or "") is before
    found = []
    for campaign, rank in (("cmp_1", 1), ("cmp_2", 0), ("cmp_1", 2), ("cmp_1", None)):
        identities.hear(level_changed(ada, campaign, rank))
        after = await identities.find_viewer(ada.token or "")
        assert after
        assert after.roles is before.roles
        found.append({id: level.rank for id, level in after.levels.items()})
        assert all(level.rights == {"COMMENT"} for level in after.levels.values())
    assert found == [{"cmp_1": 1}, {"cmp_1": 1, "cmp_2": 0}, {"cmp_1": 2, "cmp_2": 0}, {"cmp_2": 0}]
    assert before.levels == {}
    assert before.roles == {space: Role.OWNER}


async def test_what_changes_while_it_is_read_is_read_again(
    world: World, identities: Identities
) -> None:
    """It is not remembered as it was before: neither the level nor the rest."""
    ada, space = await joined(world)
    finding = asyncio.create_task(identities.find_viewer(ada.token or ""))
    await asyncio.sleep(0)
    await world.db["memberships"].delete_many({"user": ada.id})
    identities.hear(event("member.left", ada.id or "", space=space))
    assert await finding
    finding = asyncio.create_task(identities.find_viewer(ada.token or ""))
    await asyncio.sleep(0)
    level = {"campaign": "cmp_1", "user": ada.id, "rank": 1, "rights": ["COMMENT"]}
    await world.db["levels"].insert_one({"_id": "lev_1", **level})
    identities.hear(level_changed(ada, "cmp_1", 1))
    assert await finding
    found = await identities.find_viewer(ada.token or "")
    assert found
    assert found.roles == {}
    assert found.levels.keys() == {"cmp_1"}
    assert await identities.find_viewer(ada.token or "") is found


@pytest.mark.parametrize("heard", [1, 3])
async def test_what_happens_to_others_while_it_is_read_changes_nothing(
    world: World, identities: Identities, monkeypatch: pytest.MonkeyPatch, heard: int
) -> None:
    """Unless there was more than is kept in mind: then it is good for once."""
    monkeypatch.setattr(identity, "MOST_HEARD", 2)
    few = Identities(world.db, world.engine.services.settings, world.clock)
    ada, _ = await joined(world)
    finding = asyncio.create_task(few.find_viewer(ada.token or ""))
    await asyncio.sleep(0)
    for number in range(heard):
        few.hear(event("user.blocked", "usr_b", after={"blocked": f"usr_{number}"}))
    found = await finding
    assert found
    assert (await few.find_viewer(ada.token or "") is found) is (heard <= 2)


@pytest.mark.parametrize(
    ("type", "more"),
    [
        ("session.ended", {}),
        ("member.role_changed", {}),
        ("user.blocked", {"subject": "usr_other", "after": {"blocked": "ADA"}}),
        ("user.unblocked", {"subject": "usr_other", "to": ["ADA"]}),
        ("space.closed", {"subject": "spc_any"}),
    ],
)
async def test_what_concerns_somebody_makes_them_known_anew(
    world: World, identities: Identities, type: str, more: dict[str, Any]
) -> None:
    """By whatever the event names them; and nothing is left of them in between."""
    ada, _ = await joined(world)
    ben = await world.person("ben")
    first, other = [await identities.find_viewer(one.token or "") for one in (ada, ben)]
    assert first
    subject = (first.session if type == "session.ended" else ada.id) or ""
    named = {"subject": subject, **more}
    if named.get("after"):
        named["after"] = {"blocked": ada.id}
    if named.get("to"):
        named["to"] = [ada.id]
    identities.hear(event(type, **named))
    again = await identities.find_viewer(ada.token or "")
    assert again is not first
    assert (await identities.find_viewer(ben.token or "") is other) is (type != "space.closed")


async def test_a_visit_is_looked_at_again_when_it_is_concerned(
    world: World, identities: Identities
) -> None:
    """By what happens to its person, not by what happens to others; and it is forgotten."""
    ada, _ = await joined(world)
    viewer = await identities.find_viewer(ada.token or "")
    assert viewer
    visits = [identities.begin_visit(ada.token or "", viewer) for _ in range(2)]
    identities.hear(event("member.left", "usr_other"))
    assert [visit.recheck for visit in visits] == [None, None]
    identities.hear(level_changed(ada, "cmp_1", 1))
    for visit in visits:
        assert visit.recheck
        await visit.recheck
        assert visit.viewer.levels["cmp_1"].rank == 1
        identities.end_visit(visit)
        identities.end_visit(visit)
    assert identities._visits_of == {}
    identities.hear(event("space.closed", "spc_any"))
    assert (identities._known, identities._known_of) == ({}, {})
