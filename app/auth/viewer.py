"""The viewer: who asks, with the standing that they have at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.auth.roles import Role, Scope


@dataclass(frozen=True, slots=True)
class Level:
    """How somebody supports a campaign: the rank of their tier, 0 for none, and their rights."""

    rank: int
    rights: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who asks: a signed-in person, an API key, or nobody known.

    Attributes:
        user: identifier of the person, None for a key or the anonymous.
        session: identifier of the session that the person came with.
        key: identifier of the API key.
        key_space: the one space that the key belongs to.
        scopes: what the key may be used for.
        is_operator: whether the person runs this server.
        roles: the person's role by space.
        sides: the groups of a knowledge broker that the person belongs to, by space.
        blocks: the people whom the person blocked, and who blocked the person: the newest of them.
        knows_blocks: whether these are all; if not, `hidden_from` asks the database.
        levels: how the person supports campaigns, by campaign.
        ends_at: when the session or key ends at the latest.

    """

    user: str | None = None
    session: str | None = None
    key: str | None = None
    key_space: str | None = None
    scopes: frozenset[Scope] = frozenset()
    is_operator: bool = False
    roles: Mapping[str, Role] = field(default_factory=dict)
    sides: Mapping[str, frozenset[str]] = field(default_factory=dict)
    blocks: frozenset[str] = frozenset()
    knows_blocks: bool = True
    levels: Mapping[str, Level] = field(default_factory=dict)
    ends_at: datetime | None = None

    @property
    def actor(self) -> str | None:
        """Return who is written into an event: the person or the key."""
        return self.user or self.key

    @property
    def meter(self) -> str | None:
        """Return what limits are counted on: the person or the key, None for the anonymous."""
        return self.user or self.key


ANONYMOUS = Viewer()
