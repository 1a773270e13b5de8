"""What clients see, and nothing that decides: the one place that lists every part of the schema."""

import strawberry
from graphql import get_named_type
from strawberry.schema.config import StrawberryConfig

from app import __version__
from app.schema.alert_deeds import AlertLive, AlertMutation
from app.schema.alerts import Alert, AlertInstance, AlertQuery, AlertSubscription, Notice
from app.schema.events import EventLive, EventQuery
from app.schema.nodes import NodeQuery
from app.schema.scalars import SCALARS
from app.schema.series import Observation, Series, SeriesMutation, SeriesQuery
from app.schema.sources import read_field
from app.schema.spaces import Space, SpaceMutation, SpaceQuery
from app.schema.users import User, UserMutation, UserQuery


@strawberry.type(description="What can be read.")
class Query(NodeQuery, UserQuery, SpaceQuery, SeriesQuery, AlertQuery, EventQuery):
    @strawberry.field(graphql_type=str, description="The version of this server.")
    async def version(self) -> str:
        """Return the version."""
        return __version__


@strawberry.type(description="What can be done.")
class Mutation(UserMutation, SpaceMutation, SeriesMutation, AlertMutation):
    pass


@strawberry.type(description="What can be watched. Each stream resumes after a cursor, loss-free.")
class Subscription(AlertLive, EventLive):
    pass


schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[User, Space, Series, Observation, Alert, AlertInstance, AlertSubscription, Notice],
    config=StrawberryConfig(default_resolver=read_field, scalar_map=SCALARS),
)


def _describe_inputs() -> None:
    """Let each argument `input` say what its type says."""
    for field in schema._schema.mutation_type.fields.values():  # type: ignore[union-attr]  # noqa: SLF001
        given = field.args.get("input")
        if given is not None:
            given.description = get_named_type(given.type).description


_describe_inputs()


def sdl() -> str:
    """Return the schema in the schema definition language, as it is committed."""
    return schema.as_str() + "\n"
