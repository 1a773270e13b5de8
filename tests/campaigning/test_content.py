"""What people write of a campaign: tidied, held against the rules, all problems at once."""

from datetime import timedelta
from typing import Any

import pytest

from app.campaigning.content import Frame, category_key, problems, tidied
from app.campaigning.goals import are_met, least_share, minimums, optimums
from tests.campaigning.seeking import (
    COMMENT,
    NOON,
    READ,
    SUGGEST,
    campaign,
    content,
    day,
    goal,
    place,
    rules,
    threshold,
    tier,
)

SPECIALISED = {"breadth": "SPECIALISED"}


def frame(*categories: str, **changed: Any) -> Frame:
    """Return what a campaign has to fit into at noon."""
    return Frame(rules(**changed), categories, {"EUR", "JPY"}.__contains__, NOON)


def wrong(frame: Frame | None = None, **changes: Any) -> list[str]:
    """Return the paths of what is wrong with a campaign that is sound otherwise."""
    given = content(**changes)
    return [problem.path for problem in problems(given, frame or PLAIN)]


PLAIN = frame()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, ""),
        ({"type": "HOBBY"}, "type"),
        ({"title": ""}, "title"),
        ({"title": "x" * 200}, ""),
        ({"title": "x" * 201}, "title"),
        ({"title": "bell\a"}, "title"),
        ({"story": "x" * 20_000}, ""),
        ({"story": "x" * 20_001}, "story"),
        ({"story": "one\n\ttwo"}, ""),
        ({"place": place(180, -90)}, ""),
        ({"place": place(181, 0)}, "place.longitude"),
        ({"place": place(0, float("nan"))}, "place.latitude"),
        ({"area": "Bern"}, ""),
        ({"area": "x" * 101}, "area"),
        ({"category": "energy/solar"}, ""),
        ({"category": ""}, ""),
        ({"category": "energy//solar"}, "category"),
        ({"category": "x" * 101}, "category"),
    ],
)
def test_words_and_places(changes: dict[str, Any], path: str) -> None:
    """Within their limits and nothing beyond."""
    assert wrong(**changes) == [path] * bool(path)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"mode": "BARTER"}, "mode"),
        ({"mode": "KEEP_IT_ALL"}, ""),
        ({"mode": "KEEP_IT_ALL", "deadline": None}, ""),
        ({"mode": "ALL_OR_NOTHING", "deadline": None}, "deadline"),
        ({"deadline": NOON}, "deadline"),
        ({"deadline": NOON + timedelta(milliseconds=1)}, ""),
        ({"deadline": day(366)}, ""),
        ({"deadline": day(366.1)}, "deadline"),
        ({"opens_at": day(30)}, "deadline"),
        ({"opens_at": day(-5), "deadline": day(-1)}, "deadline"),
        ({"opens_at": day(300), "deadline": day(600)}, ""),
        ({"opens_at": day(367), "deadline": day(400)}, "opens_at"),
        ({"round_days": 30}, "round_days"),
    ],
)
def test_modes_and_days(changes: dict[str, Any], path: str) -> None:
    """What is decided at a deadline has one, after it opens and not for ever."""
    assert wrong(**changes) == [path] * bool(path)


@pytest.mark.parametrize(
    ("goals", "days", "paths"),
    [
        ([goal(optimum=2_000)], 30, []),
        ([goal(optimum=2_000)], None, ["round_days"]),
        ([goal(optimum=2_000)], 91, ["round_days"]),
        ([goal()], 90, ["goals.0.optimum"]),
        ([goal("TIME", optimum=9_000), goal(optimum=1_000)], 1, ["goals.1.optimum"]),
        ([goal("TIME", optimum=9_000), goal("SIGNATURE")], 1, []),
        ([goal("TIME")], 1, ["goals"]),
    ],
)
def test_rounds_want_more_in_the_second(goals: list[Any], days: int, paths: list[str]) -> None:
    """Of money, where money is sought."""
    assert wrong(mode="ROUNDS", goals=goals, round_days=days) == paths


@pytest.mark.parametrize(
    ("category", "inside"),
    [
        ("energy", True),
        ("Energy / Solar", True),
        ("énergy", True),
        ("energyx", False),
        ("", False),
        ("health/care/home", True),
        ("health", False),
    ],
)
def test_a_specialised_space_takes_its_own_categories(category: str, inside: bool) -> None:
    """And what is below them; a general one takes all."""
    special = frame("Energy", "Health/Care", **SPECIALISED)
    assert wrong(special, category=category) == ([] if inside else ["category"])
    assert wrong(frame("Energy"), category=category) == []


def test_without_categories_a_specialised_space_takes_nothing() -> None:
    """It says that there are none so far."""
    [problem] = problems(content(), frame(**SPECIALISED))
    assert "none so far" in problem.message


def test_a_space_sets_its_own_limits() -> None:
    """Days and areas."""
    own = frame(longest_days=30, areas=["Bern", "Zürich"])
    assert wrong(own, deadline=day(31)) == ["deadline"]
    assert wrong(own, area="zurich") == []
    assert wrong(own, area="Genf") == ["area"]


@pytest.mark.parametrize(
    ("goals", "paths"),
    [
        ([], ["goals"]),
        ([goal("GOODS", what=str(n)) for n in range(11)], ["goals"]),
        ([goal(), goal("TIME"), goal("SIGNATURE"), goal("SKILL", what="cook")], []),
        ([goal(), goal()], ["goals.1.kind"]),
        ([goal("SKILL", what="cook"), goal("SKILL", what="drive")], []),
        ([goal("SKILL", what="cook"), goal("SKILL", what=" COOK ")], ["goals.1.what"]),
        ([goal("SPACE")], ["goals.0.what"]),
        ([goal("LOVE", what="much")], ["goals.0.kind"]),
        ([goal(minimum=0)], ["goals.0.minimum"]),
        ([goal(minimum=10**12, optimum=10**12)], []),
        ([goal(minimum=10**12 + 1)], ["goals.0.minimum"]),
        ([goal(optimum=999)], ["goals.0.optimum"]),
        ([goal(currency=None)], ["goals.0.currency"]),
        ([goal(currency="XXX")], ["goals.0.currency"]),
        ([goal("TIME", currency="EUR")], ["goals.0.currency"]),
    ],
)
def test_goals(goals: list[Any], paths: list[str]) -> None:
    """One of each kind that is counted as one, several of what differs."""
    assert wrong(goals=goals) == paths


@pytest.mark.parametrize(
    ("tiers", "paths"),
    [
        ([tier(1, 10, READ), tier(2, 20, READ, COMMENT)], []),
        ([tier(2, 20, READ, COMMENT), tier(1, 10, READ)], []),
        ([tier(1, 10), tier(1, 20, id="other")], ["tiers.1.rank"]),
        ([tier(1, 10), tier(2, 20, id="tir_1")], ["tiers.1.id"]),
        ([tier(1, 10), tier(2, 10)], ["tiers.1.least"]),
        ([tier(2, 10), tier(1, 20)], ["tiers.0.least"]),
        ([tier(1, 10, READ), tier(2, 20)], ["tiers.1.rights"]),
        ([tier(1, 10, COMMENT)], ["tiers.0.rights"]),
        ([tier(1, 10, READ, "CO_CREATE")], ["tiers.0.rights"]),
        ([tier(1, 10, READ, COMMENT, SUGGEST, "CO_CREATE")], []),
        ([tier(1, 10, "FLY")], ["tiers.0.rights"]),
        ([tier(0, 10)], ["tiers.0.rank"]),
        ([tier(1, 0)], ["tiers.0.least"]),
        ([tier(1, 10, limit=1)], []),
        ([tier(1, 10, limit=0)], ["tiers.0.limit"]),
        ([tier(1, 10, kind="TIME")], ["tiers.0.kind"]),
        ([tier(1, 10, name="  ")], ["tiers.0.name"]),
        ([tier(1, 10, reward="x" * 2_001)], ["tiers.0.reward"]),
        ([tier(n + 1, n + 1) for n in range(21)], ["tiers"]),
    ],
)
def test_tiers(tiers: list[Any], paths: list[str]) -> None:
    """A higher one asks more of its kind, and gives at least what the lower ones give."""
    assert wrong(tiers=tiers) == paths


def test_tiers_of_another_kind_may_ask_less() -> None:
    """A day of work stands above ten of money; but a signature is one, and unlimited."""
    goals = [goal(), goal("TIME"), goal("SIGNATURE")]
    work = tier(2, 480, kind="TIME")
    assert wrong(goals=goals, tiers=[tier(1, 1_000), work]) == []
    assert wrong(goals=goals, tiers=[tier(1, 1, kind="SIGNATURE"), tier(2, 10**12)]) == []
    signed = tier(3, 2, kind="SIGNATURE", limit=5)
    assert wrong(goals=goals, tiers=[signed]) == ["tiers.0.least", "tiers.0.limit"]


def test_a_tier_says_which_rights_it_lacks() -> None:
    """By the name of the tier below that has them."""
    low, high = tier(1, 10, READ, COMMENT, name="Friend"), tier(2, 20, READ)
    [problem] = problems(content(tiers=[low, high]), PLAIN)
    assert problem.message == "Give COMMENT too: “Friend” below gives it."


def test_all_problems_are_told_at_once() -> None:
    """Of every part, each by its own path."""
    assert wrong(
        title="",
        deadline=None,
        goals=[goal(minimum=0)],
        tiers=[tier(1, 0)],
        thresholds=[threshold("t", percent=0)],
    ) == ["title", "deadline", "goals.0.minimum", "tiers.0.least", "thresholds.0.percent"]


def test_what_is_tidied_is_spelled_as_the_space_spells() -> None:
    """Blanks go, letters are composed, currencies are large, and tidying again changes nothing."""
    own = frame("Energy/Solar", "Energy", areas=["Zürich"])
    loose = content(
        title=" Sonne fu\u0308r alle ",
        category="energy / SOLAR / roofs",
        area="zurich ",
        goals=[goal(currency=" eur ", what=" all ")],
        tiers=[tier(1, 10, READ, READ, name=" Friend ")],
        thresholds=[threshold("t", name=" half ")],
    )
    tidy = tidied(loose, own)
    assert tidy["title"] == "Sonne für alle"
    assert tidy["category"] == "Energy/Solar/roofs"
    assert tidy["area"] == "Zürich"
    assert (tidy["goals"][0]["currency"], tidy["goals"][0]["what"]) == ("EUR", "all")
    assert (tidy["tiers"][0]["name"], tidy["tiers"][0]["rights"]) == ("Friend", [READ])
    assert tidy["thresholds"][0]["name"] == "half"
    assert tidied(tidy, own) == tidy
    assert tidied(content(category="food /  bread"), own)["category"] == "food/bread"


def test_towers_of_marks_are_refused_as_they_are() -> None:
    """To put 60,000 marks in order would take seconds; a story of allowed length has none."""
    tower, low = "a" + "\u0301\u0316" * 30_000, "a" + "\u0301\u0316" * 9_000
    given = content(
        title=tower,
        story=low,
        category=f"{tower}/{tower}",
        area=tower,
        goals=[goal("SKILL", what=tower)],
        tiers=[tier(1, 1, kind="SKILL", name=tower, reward=low)],
        thresholds=[threshold("h1", kind="SKILL", amount=1, name=tower)],
    )
    tidy = tidied(given, frame(areas=["Bern"]))
    assert tidy == given
    found = {(one.path, one.message[:3]) for one in problems(tidy, frame(areas=["Bern"]))}
    assert {path for path, words in found if words == "Put"} == {
        "title",
        "story",
        "category",
        "area",
        "goals.0.what",
        "tiers.0.name",
        "tiers.0.reward",
        "thresholds.0.name",
    }


def test_the_key_of_a_category_begins_with_those_above_it() -> None:
    """However they are written."""
    assert category_key("Énergie / Solaire") == "energie/solaire/"
    assert category_key("energie/solaire").startswith(category_key("ENERGIE"))
    assert not category_key("energies").startswith(category_key("energie"))


def test_a_campaign_is_content_too() -> None:
    """What is stored can be checked again as it is."""
    assert problems(campaign(), PLAIN) == []


def test_several_goals_of_a_kind_are_one_sum() -> None:
    """Minimums, optimums, and the share of the kind that is furthest behind."""
    goals = [goal("SKILL", 2, what="cook"), goal("SKILL", 1, what="drive", optimum=3), goal()]
    assert minimums(goals) == {"SKILL": 3, "MONEY": 1_000}
    assert optimums(goals) == {"SKILL": 5, "MONEY": 1_000}
    assert least_share(goals, {"SKILL": 3}) == 0.0
    assert least_share(goals, {"SKILL": 6, "MONEY": 1_500}) == 1.5
    assert not are_met(goals, {"SKILL": 2, "MONEY": 5_000})
    assert are_met(goals, {"SKILL": 3, "MONEY": 1_000})
