"""What a space decides about its broking, as the client sees and changes it."""

from typing import Any

import strawberry

from app.broking.rules import WEIGHTS
from app.broking.words import Side
from app.failures import InvalidInput, Problem
from app.resolvers.broking import BROKER, rules_of
from app.schema.broking_enums import Direction, Joining, Level, Merit, Purpose
from app.schema.scalars import Duration

# What is changed as a whole.
PLAIN = ("direction", "experts_join", "endorsements_needed", "similarity_threshold", "most_load")


def _gives(self: Any) -> Any:
    return [{"merit": merit, "points": points} for merit, points in self["gives"].items()]


def _consents(self: Any) -> Any:
    return [{"purpose": purpose, **asked} for purpose, asked in self["consents"].items()]


def rules_if_broker(self: Any) -> Any:
    """Return the rules of a space in which people ask each other, None of any other."""
    return rules_of(self) if BROKER in self["enabled_models"] else None


@strawberry.type(description="What the people of a space call its two groups.")
class GroupNames:
    seekers: str = strawberry.field(
        resolver=lambda self: self[Side.SEEKERS],
        graphql_type=str,
        description="Those who ask: `patients`, say.",
    )
    experts: str = strawberry.field(
        resolver=lambda self: self[Side.EXPERTS],
        graphql_type=str,
        description="Those who advise: `researchers`, say.",
    )


@strawberry.type(description="What advice asks for: so many points, or such an expertise.")
class LeastTrust:
    score: float = strawberry.field(description="Points of reputation in the thread's subject.")
    or_level: Level | None = strawberry.field(
        description="An expertise of this level or higher does instead; null if none does."
    )


@strawberry.type(description="How much each part counts when threads are compared.")
class SimilarityWeights:
    text: float = strawberry.field(description="The words of title and text.")
    facets: float = strawberry.field(description="The structured traits of the case.")
    tags: float = strawberry.field(description="Subject and tags.")
    meaning: float = strawberry.field(
        description="What they mean, in English; counted where the server reads it."
    )


@strawberry.type(description="How much each part counts when experts are suggested.")
class ExpertWeights:
    subject: float = strawberry.field(description="That they know the subject, or what is near.")
    level: float = strawberry.field(description="How well founded their expertise is.")
    acceptance: float = strawberry.field(description="How much of their advice was accepted.")
    load: float = strawberry.field(description="How few threads wait for them.")
    language: float = strawberry.field(description="That they read the thread's language.")


@strawberry.type(description="How much each way of searching counts in the order of results.")
class RankingWeights:
    text: float = strawberry.field(description="Whole words, stemmed.")
    ngrams: float = strawberry.field(description="Beginnings and parts of words.")
    meaning: float = strawberry.field(
        description="What they mean, in English; counted where the server reads it."
    )


@strawberry.type(description="How a thread that nobody answers goes on.")
class Routing:
    first_after: Duration = strawberry.field(
        description="How long it waits before it goes to a first expert."
    )
    expert_for: Duration = strawberry.field(
        description="How long each expert has before it goes to the next."
    )
    group_for: Duration = strawberry.field(
        description="How long all experts have before it goes to the operator."
    )
    most_experts: int = strawberry.field(
        description="How many are asked one by one before it goes to all of them."
    )


@strawberry.type(description="How many points something gives, or takes.")
class MeritPoints:
    merit: Merit = strawberry.field(description="For what.")
    points: float = strawberry.field(description="How many; below 0, they are taken.")


@strawberry.type(description="How reputation is gained; it is counted in each subject by itself.")
class ReputationTable:
    gives: list[MeritPoints] = strawberry.field(
        resolver=_gives,
        graphql_type=list[MeritPoints],
        description="What each act gives.",
    )
    daily_cap: float = strawberry.field(
        description="How many points somebody can gain in a subject in a day (UTC)."
    )


@strawberry.type(description="How consent is asked for.")
class ConsentText:
    purpose: Purpose = strawberry.field(description="For what.")
    text: str = strawberry.field(description="What people agree to.")
    version: int = strawberry.field(description="Which version of the text this is, from 1.")
    least_version: int = strawberry.field(
        description="Consent to an older version than this one counts no more."
    )


@strawberry.type(description="What a space decides about how its people ask and advise.")
class BrokingRules:
    groups: GroupNames = strawberry.field(description="What the two groups are called.")
    direction: Direction = strawberry.field(description="Which way advice flows.")
    experts_join: Joining = strawberry.field(description="How somebody becomes an expert.")
    least_trust: LeastTrust = strawberry.field(description="What advice asks for.")
    endorsements_needed: int = strawberry.field(
        description="How many different people must vouch for an expertise until it is ENDORSED."
    )
    similarity_weights: SimilarityWeights = strawberry.field(
        description="What counts when threads are compared."
    )
    similarity_threshold: float = strawberry.field(
        description="Threads less alike than this, from 0 to 1, are not called similar."
    )
    expert_weights: ExpertWeights = strawberry.field(
        description="What counts when experts are suggested."
    )
    most_load: int = strawberry.field(
        description="An expert for whom so many threads wait is not asked for more."
    )
    ranking_weights: RankingWeights = strawberry.field(
        description="What counts in the order of search results."
    )
    routing: Routing = strawberry.field(description="How a thread that nobody answers goes on.")
    reputation: ReputationTable = strawberry.field(description="How reputation is gained.")
    consents: list[ConsentText] = strawberry.field(
        resolver=_consents,
        graphql_type=list[ConsentText],
        description="For which purposes consent is asked, and how.",
    )
    version: int = strawberry.field(description="Grows with each change of the rules.")


@strawberry.input(description="What the two groups are called; what is left out stays.")
class GroupNamesInput:
    seekers: str | None = strawberry.field(default=None, description="Those who ask.")
    experts: str | None = strawberry.field(default=None, description="Those who advise.")

    def given(self) -> dict[str, Any]:
        """Return what is named."""
        return _named({Side.SEEKERS.value: self.seekers, Side.EXPERTS.value: self.experts})


@strawberry.input(description="What advice asks for, in place of what it asked for.")
class LeastTrustInput:
    score: float = strawberry.field(description="Points of reputation in the thread's subject.")
    or_level: Level | None = strawberry.field(
        default=None, description="An expertise of this level does instead; null if none does."
    )


@strawberry.input(description="Weights for comparing threads; what is left out stays.")
class SimilarityWeightsInput:
    text: float | None = strawberry.field(default=None, description="Title and text.")
    facets: float | None = strawberry.field(default=None, description="Structured traits.")
    tags: float | None = strawberry.field(default=None, description="Subject and tags.")
    meaning: float | None = strawberry.field(default=None, description="What they mean.")


@strawberry.input(description="Weights for suggesting experts; what is left out stays.")
class ExpertWeightsInput:
    subject: float | None = strawberry.field(default=None, description="They know the subject.")
    level: float | None = strawberry.field(default=None, description="How well founded that is.")
    acceptance: float | None = strawberry.field(default=None, description="Accepted advice.")
    load: float | None = strawberry.field(default=None, description="How few threads wait.")
    language: float | None = strawberry.field(default=None, description="They read the language.")


@strawberry.input(description="Weights for ordering search results; what is left out stays.")
class RankingWeightsInput:
    text: float | None = strawberry.field(default=None, description="Whole words, stemmed.")
    ngrams: float | None = strawberry.field(default=None, description="Parts of words.")
    meaning: float | None = strawberry.field(default=None, description="What is meant.")


@strawberry.input(description="How a thread goes on; what is left out stays.")
class RoutingInput:
    first_after: Duration | None = strawberry.field(
        default=None, description="Wait so long before a first expert is asked."
    )
    expert_for: Duration | None = strawberry.field(
        default=None, description="So long has each expert; from `PT1M` on."
    )
    group_for: Duration | None = strawberry.field(
        default=None, description="So long have all experts; from `PT1M` on."
    )
    most_experts: int | None = strawberry.field(
        default=None, description="So many are asked one by one, at most 20."
    )

    def given(self) -> dict[str, Any]:
        """Return what is named."""
        return _named(
            {
                "first_seconds": self.first_after,
                "expert_seconds": self.expert_for,
                "group_seconds": self.group_for,
                "most_experts": self.most_experts,
            }
        )


@strawberry.input(description="How many points something gives from now on.")
class MeritPointsInput:
    merit: Merit = strawberry.field(description="For what.")
    points: float = strawberry.field(description="How many; below 0, they are taken.")


@strawberry.input(description="How reputation is gained; what is left out stays.")
class ReputationTableInput:
    gives: list[MeritPointsInput] = strawberry.field(
        default_factory=list, description="What these acts give; the others stay."
    )
    daily_cap: float | None = strawberry.field(
        default=None, description="How many points a day can bring in a subject."
    )

    def given(self) -> dict[str, Any]:
        """Return what is named."""
        gives = {one.merit.value: float(one.points) for one in self.gives}
        return {"gives": gives, **_named({"daily_cap": self.daily_cap})}


@strawberry.input(description="How consent to a purpose is asked for; what is left out stays.")
class ConsentTextInput:
    purpose: Purpose = strawberry.field(description="For what; a new one needs a text.")
    text: str | None = strawberry.field(
        default=None, description="What people agree to; another text is a new version of it."
    )
    least_version: int | None = strawberry.field(
        default=None, description="Consent to an older version counts no more."
    )

    def given(self) -> dict[str, Any]:
        """Return what is named."""
        return _named({"text": self.text, "least_version": self.least_version})


@strawberry.input(description="What changes in a space's rules; what is left out stays.")
class UpdateBrokingRulesInput:
    space: strawberry.ID = strawberry.field(description="The space.")
    expected_version: int = strawberry.field(description="The version of the space that you saw.")
    groups: GroupNamesInput | None = strawberry.field(
        default=None, description="What the two groups are called."
    )
    direction: Direction | None = strawberry.field(
        default=None, description="Which way advice flows."
    )
    experts_join: Joining | None = strawberry.field(
        default=None, description="How somebody becomes an expert."
    )
    least_trust: LeastTrustInput | None = strawberry.field(
        default=None, description="What advice asks for."
    )
    endorsements_needed: int | None = strawberry.field(
        default=None, description="How many must vouch for an expertise, 1 to 100."
    )
    similarity_weights: SimilarityWeightsInput | None = strawberry.field(
        default=None, description="What counts when threads are compared."
    )
    similarity_threshold: float | None = strawberry.field(
        default=None, description="How alike threads must be to be called similar, 0 to 1."
    )
    expert_weights: ExpertWeightsInput | None = strawberry.field(
        default=None, description="What counts when experts are suggested."
    )
    most_load: int | None = strawberry.field(
        default=None, description="How many threads may wait for one expert, 1 to 1000."
    )
    ranking_weights: RankingWeightsInput | None = strawberry.field(
        default=None, description="What counts in the order of search results."
    )
    routing: RoutingInput | None = strawberry.field(
        default=None, description="How a thread that nobody answers goes on."
    )
    reputation: ReputationTableInput | None = strawberry.field(
        default=None, description="How reputation is gained."
    )
    consents: list[ConsentTextInput] | None = strawberry.field(
        default=None, description="How consent is asked for, by purpose."
    )

    def changes(self) -> dict[str, Any]:
        """Return what is named, as the rules have it."""
        tables = {name: getattr(self, name) for name in ("groups", "routing", "reputation")}
        changes = {name: table.given() for name, table in tables.items() if table is not None}
        for name in WEIGHTS:
            weights = getattr(self, name)
            if weights is not None:
                changes[name] = _named(vars(weights))
        for name in PLAIN:
            changes |= _named({name: getattr(self, name)})
        if self.least_trust is not None:
            changes["least_trust"] = vars(self.least_trust)
        if self.consents is not None:
            changes["consents"] = {one.purpose.value: one.given() for one in self.consents}
        return changes

    def as_sent(self, invalid: InvalidInput) -> InvalidInput:
        """Return what is wrong by its places in this input: lists have numbers."""
        places = {f"groups.{side}": f"groups.{side.lower()}" for side in Side}
        for n, asked in enumerate(self.consents or ()):
            places[f"consents.{asked.purpose}"] = f"consents.{n}"
        for n, given in enumerate(self.reputation.gives if self.reputation else ()):
            places[f"reputation.gives.{given.merit}"] = f"reputation.gives.{n}.points"
        return InvalidInput(
            *(
                Problem(_placed(problem.path, places), problem.message)
                for problem in invalid.problems
            )
        )


def _placed(path: str, places: dict[str, str]) -> str:
    for place, sent in places.items():
        if path == place or path.startswith(f"{place}."):
            return sent + path.removeprefix(place)
    return path


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
