"""Signing up, in and out; sessions; the first operator."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.auth.viewer import ANONYMOUS
from app.ports import NotAdmitted
from app.resolvers.context import Context
from app.resolvers.users import offer_operator_link
from tests.api import PASSWORD, Person, World

SIGN_UP = """
mutation SignUp($email: String!, $password: String!) {
  signUp(input: {email: $email, password: $password, name: "Ada"}) {
    __typename ... on SignedUp { message } ... on InvalidInput { problems { path message } }
  }
}
"""
SIGN_IN = """
mutation SignIn($email: String!, $password: String!) {
  signIn(input: {email: $email, password: $password, label: "phone"}) {
    __typename
    ... on SignedIn { token user { id email } session { id label current } }
    ... on Error { message code } ... on RateLimited { retryAt }
  }
}
"""
ME = "{ me { id email name } }"
SIGN_OUT = "mutation M { signOut { __typename } }"
SESSIONS = "{ sessions { nodes { id label current } totalCount } }"


async def sign_in(world: World, email: str = "ada@example.org") -> Person:
    """Sign in, and return the person with the token."""
    done = await world.anonymous.do(SIGN_IN, email=email, password=PASSWORD)
    return Person(world.engine, "ada", done["token"], done["user"]["id"])


@pytest.fixture
async def ada(world: World) -> Person:
    """Ada, who signed up and in as everybody does."""
    await world.anonymous.do(SIGN_UP, email="ada@example.org", password=PASSWORD)
    return await sign_in(world)


async def test_somebody_signs_up_in_and_out(world: World, ada: Person) -> None:
    """A token opens the session until it is signed out; then it is worth nothing."""
    assert (await ada.ask(ME))["me"]["email"] == "ada@example.org"
    assert await ada.do(SIGN_OUT) == {"__typename": "Done"}
    await world.engine.services.log.caught_up()
    with pytest.raises(NotAdmitted, match="not valid"):
        await ada.ask(ME)


async def test_a_known_address_gets_the_same_answer(world: World, ada: Person) -> None:
    """Signing up with a taken address answers alike, and changes nothing."""
    fresh = await world.anonymous.do(SIGN_UP, email="new@example.org", password=PASSWORD)
    taken = await world.anonymous.do(SIGN_UP, email="ADA@example.org", password="another secret")
    assert fresh == taken
    wrong = await world.anonymous.do(SIGN_IN, email="ada@example.org", password="another secret")
    assert wrong["code"] == "WRONG_CREDENTIALS"
    assert await world.db["users"].count_documents({"email": "ada@example.org"}) == 1


async def test_a_wrong_password_and_an_unknown_address_look_alike(
    world: World, ada: Person
) -> None:
    """The two refusals are the same to the letter."""
    wrong = await world.anonymous.do(SIGN_IN, email="ada@example.org", password="not hers")
    unknown = await world.anonymous.do(SIGN_IN, email="nobody@example.org", password="not hers")
    assert wrong == unknown


async def test_all_problems_of_an_input_come_at_once(world: World) -> None:
    """A bad address and a short password are told together, each by its path."""
    refused = await world.anonymous.do(SIGN_UP, email="nonsense", password="short")
    assert {problem["path"] for problem in refused["problems"]} == {"email", "password"}


async def test_guesses_are_counted_per_account(world: World, ada: Person) -> None:
    """Aliases in one request do not help a guesser, and the true password waits too."""
    guesses = "\n".join(
        f'a{n}: signIn(input: {{email: "ada@example.org", password: "guess {n}"}}) {{ __typename }}'
        for n in range(15)
    )
    answers = (await world.anonymous.ask(f"mutation M {{ {guesses} }}")).values()
    kinds = [answer["__typename"] for answer in answers]
    assert kinds.count("WrongCredentials") <= 10
    assert kinds[-1] == "RateLimited"
    waiting = await world.anonymous.do(SIGN_IN, email="ada@example.org", password=PASSWORD)
    assert waiting["__typename"] == "RateLimited"


async def test_a_session_ends_one_of_the_others(world: World, ada: Person) -> None:
    """The list shows both sessions; ending the other leaves this one."""
    other = await sign_in(world)
    listed = (await ada.ask(SESSIONS))["sessions"]
    assert listed["totalCount"] == 2
    [id] = [session["id"] for session in listed["nodes"] if not session["current"]]
    done = await ada.do("mutation M($id: ID!) { endSession(id: $id) { __typename } }", id=id)
    assert done == {"__typename": "Done"}
    await world.engine.services.log.caught_up()
    with pytest.raises(NotAdmitted, match="not valid"):
        await other.ask(ME)
    assert (await ada.ask(ME))["me"]["id"] == ada.id


async def test_nobody_ends_the_session_of_somebody_else(world: World, ada: Person) -> None:
    """A stranger's session looks absent."""
    stranger = await world.person("cleo")
    [session] = (await ada.ask(SESSIONS))["sessions"]["nodes"]
    done = await stranger.do(
        "mutation M($id: ID!) { endSession(id: $id) { __typename } }", id=session["id"]
    )
    assert done == {"__typename": "NotFound"}


async def test_a_new_password_ends_the_other_sessions(world: World, ada: Person) -> None:
    """The old password is worth nothing any more, and other devices are signed out."""
    other = await sign_in(world)
    change = """mutation M($old: String!, $new: String!) {
      changePassword(input: {currentPassword: $old, newPassword: $new}) { __typename } }"""
    done = await ada.do(change, old=PASSWORD, new="a better secret")
    assert done == {"__typename": "Done"}
    await world.engine.services.log.caught_up()
    with pytest.raises(NotAdmitted, match="not valid"):
        await other.ask(ME)
    refused = await world.anonymous.do(SIGN_IN, email="ada@example.org", password=PASSWORD)
    assert refused["code"] == "WRONG_CREDENTIALS"


async def test_a_suspended_person_is_out_at_once(world: World, ada: Person) -> None:
    """The operator suspends; the open visit ends, and signing in fails like a wrong password."""
    operator = await world.person("operator", operator=True)
    visit = world.engine.identities.begin_visit(
        ada.token or "",
        await world.engine.identities.find_viewer(ada.token or ""),  # type: ignore[arg-type]
    )
    suspend = "mutation M($id: ID!) { suspendUser(input: {user: $id}) { __typename } }"
    assert await operator.do(suspend, id=ada.id) == {"__typename": "User"}
    await world.engine.services.log.caught_up()
    assert "ended" in await asyncio.wait_for(visit.ended, 5)
    refused = await world.anonymous.do(SIGN_IN, email="ada@example.org", password=PASSWORD)
    assert refused["code"] == "WRONG_CREDENTIALS"


async def test_a_session_ends_when_it_lies_idle(world: World, clock: Any, ada: Person) -> None:
    """After two weeks without use the token is worth nothing; use moves the end on."""
    clock.turn(timedelta(days=10).total_seconds())
    await ada.ask(ME)
    clock.turn(timedelta(days=10).total_seconds())
    await ada.ask(ME)
    clock.turn(timedelta(days=15).total_seconds())
    with pytest.raises(NotAdmitted, match="not valid"):
        await ada.ask(ME)


async def test_private_fields_are_for_oneself_and_the_operator(world: World, ada: Person) -> None:
    """A stranger reads the name of a person, and null where the address would be."""
    read = "query Q($id: ID!) { node(id: $id) { ... on User { name email } } }"
    stranger = await world.person("cleo")
    operator = await world.person("operator", operator=True)
    assert (await stranger.ask(read, id=ada.id))["node"] == {"name": "Ada", "email": None}
    assert (await operator.ask(read, id=ada.id))["node"]["email"] == "ada@example.org"


async def test_the_first_operator_takes_the_link_once(world: World) -> None:
    """The one-time token makes an operator; a second use is refused, and no new one is offered."""
    ctx = Context(world.engine.services, ANONYMOUS)
    token = await offer_operator_link(ctx)
    claim = """mutation M($token: String!, $email: String!) {
      claimOperator(input: {token: $token, email: $email, password: "correct horse", name: "Mo"}) {
        __typename ... on SignedIn { user { isOperator } } } }"""
    first = await world.anonymous.do(claim, token=token, email="mo@example.org")
    assert first == {"__typename": "SignedIn", "user": {"isOperator": True}}
    second = await world.anonymous.do(claim, token=token, email="eve@example.org")
    assert second == {"__typename": "NotAllowed"}
    assert await world.db["users"].find_one({"email": "eve@example.org"}) is None
    assert await offer_operator_link(ctx) is None


async def test_two_at_once_with_the_link(world: World) -> None:
    """Of two who use the link at the same moment one becomes the operator."""
    token = await offer_operator_link(Context(world.engine.services, ANONYMOUS))
    claim = """mutation M($token: String!, $email: String!) {
      claimOperator(input: {token: $token, email: $email, password: "correct horse", name: "Mo"}) {
        __typename } }"""
    answers = await asyncio.gather(
        *(world.anonymous.do(claim, token=token, email=f"mo{n}@example.org") for n in range(2))
    )
    assert sorted(answer["__typename"] for answer in answers) == ["NotAllowed", "SignedIn"]
