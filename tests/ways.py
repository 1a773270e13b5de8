"""Every way in to threads, as a client has it: a further one is one more line of a list."""

from typing import Any, NamedTuple

from tests.hiding import Hideout, Target

SIGNED_IN = frozenset(
    """stranger,expert elsewhere,owner elsewhere,member,seeker,former expert,expert,invited expert,
    asker,moderator,owner,operator,called operator""".replace("\n    ", "").split(",")
)
THREAD = """
  id title text pseudonym subject tags state visibility possible route { rung } acceptedReply
  asker { id name } duplicateOf { id title asker { id name } }
  replies(first: 3) { totalCount nodes { id text pseudonym author { id name } } }
  revisions(first: 1) { nodes { title text } }
"""
REPLY = "id text pseudonym author { id name } thread { id title asker { id name } }"
EVENT = "cursor type subject actor at"


class Way(NamedTuple):
    """A way in: an operation, and to which rows of the table it is open at all.

    Its variables are of `$space` and `$beacon`, and of a target `$id`, `$reply`, `$own`, `$pointer`
    and `$word`.
    """

    name: str
    query: str
    open_to: frozenset[str] | None = None

    def sees(self, row: str, look: str) -> bool:
        """Say whether a viewer gets to a target by this way, given how they see it."""
        return look != "." and (self.open_to is None or row in self.open_to)

    def variables(self, hideout: Hideout, target: Target | None) -> dict[str, Any]:
        """Return those of the variables that it has; without a target those of one that is not."""
        here = {"space": hideout.clinic.space, "beacon": hideout.beacon}
        absent = {"id": "thr_x", "reply": "rpl_x", "own": "rpl_x", "word": "quagga99x"}
        of_target = absent if target is None else _of(target)
        known = {**here, **of_target}
        return {name: value for name, value in known.items() if f"${name}:" in self.query}

    @property
    def is_alike_for_none(self) -> bool:
        """Whether a target that is hidden is to be answered like one that does not exist."""
        return self.asks_for_one and "$pointer:" not in self.query

    @property
    def asks_for_one(self) -> bool:
        """Whether it asks for one target, and not for all that there is."""
        return any(f"${name}:" in self.query for name in ("id", "reply", "own", "pointer", "word"))


def _of(target: Target) -> dict[str, Any]:
    reply, own = target.replies
    return {
        "id": target.id,
        "reply": reply,
        "own": own,
        "pointer": target.pointer,
        "word": target.word,
    }


EXPERTS = frozenset({"expert", "invited expert"})
RESEARCHERS = EXPERTS | {"operator", "called operator"}
STEERING = EXPERTS | {"asker", "moderator", "owner", "operator", "called operator"}
WAYS = [
    Way("thread", f"query Q($id: ID!) {{ thread(id: $id) {{ {THREAD} }} }}"),
    Way("node", f"query Q($id: ID!) {{ node(id: $id) {{ id ... on Thread {{ {THREAD} }} }} }}"),
    Way(
        "nodes",
        f"query Q($id: ID!) {{ nodes(ids: [$id]) {{ id ... on Thread {{ {THREAD} }} }} }}",
    ),
    Way(
        "replies",
        f"query Q($id: ID!) {{ replies(thread: $id) {{ totalCount nodes {{ {REPLY} }} }} }}",
    ),
    Way(
        "reply by node",
        f"query Q($reply: ID!) {{ node(id: $reply) {{ id ... on Reply {{ {REPLY} }} }} }}",
    ),
    Way(
        "the asker's reply by node",
        f"query Q($own: ID!) {{ node(id: $own) {{ id ... on Reply {{ {REPLY} }} }} }}",
    ),
    Way(
        "reference of a duplicate",
        """query Q($pointer: ID!) { thread(id: $pointer) {
          duplicateOf { id title pseudonym asker { id name } } } }""",
    ),
    Way(
        "similar to it",
        "query Q($id: ID!) { similarThreads(thread: $id, first: 5) { reasons } thread(id: $id) "
        "{ id } }",
    ),
    Way(
        "experts for it",
        "query Q($id: ID!) { suggestExperts(thread: $id) { reasons } thread(id: $id) { id } }",
        STEERING,
    ),
    Way(
        "its events",
        f"query Q($id: ID!) {{ events(filter: {{subject: $id}}) {{ nodes {{ {EVENT} }} }} }}",
    ),
    Way(
        "events of the asker's reply",
        "query Q($own: ID!) { events(filter: {subject: $own}) { nodes { type subject actor } } }",
    ),
    Way(
        "list",
        f"query Q($space: ID!) {{ threads(space: $space, first: 40) {{ nodes {{ {THREAD} }} }} }}",
    ),
    Way(
        "list by subject and tag",
        """query Q($space: ID!) { threads(
          space: $space, first: 40, filter: {subject: "migraine", tags: ["aura"]}) {
            edges { cursor node { id title pseudonym asker { id name } } } } }""",
    ),
    Way(
        "search",
        """query Q($space: ID!) { searchThreads(space: $space, text: "zigzags", first: 40) {
          edges { cursor node { reasons thread { id title pseudonym asker { id name } } } } } }""",
    ),
    Way(
        "search by a word of its own",
        """query Q($space: ID!, $word: String!) { searchThreads(space: $space, text: $word) {
          nodes { reasons thread { id title pseudonym asker { id name } } } } }""",
    ),
    Way(
        "similar to another",
        """query Q($beacon: ID!) { similarThreads(thread: $beacon, first: 40) {
          reasons thread { id title text pseudonym asker { id name } } } }""",
    ),
    Way(
        "similar to a draft",
        """query Q($space: ID!, $word: String!) {
          similarTo(space: $space, title: "Zigzags", text: $word, tags: ["aura"], first: 40) {
            reasons thread { id title text pseudonym asker { id name } } } }""",
    ),
    Way(
        "what was asked of me",
        """{ invitations(first: 40) { nodes { id message
          thread { id title pseudonym asker { id name } } } } }""",
        frozenset({"invited expert"}),
    ),
    Way(
        "what I follow",
        """{ follows(first: 40) { nodes { name
          thread { id title pseudonym asker { id name } } } } }""",
        SIGNED_IN,
    ),
    Way(
        "what I gave to research",
        "{ myConsents(first: 40) { nodes { id thread { id title asker { id name } } } } }",
        frozenset({"asker"}),
    ),
    Way(
        "what research takes",
        """query Q($space: ID!) { researchExport(space: $space) {
          cases(first: 40) { totalCount nodes { pseudonym subject tags title text } } } }""",
        RESEARCHERS,
    ),
]
STREAMS = [
    Way(
        "everything",
        f"""subscription S($after: String) {{
          events(after: $after) {{ ... on Event {{ {EVENT} }} }} }}""",
    ),
    Way(
        "events of the space",
        f"""subscription S($space: ID!, $after: String) {{
          events(filter: {{space: $space}}, after: $after) {{ ... on Event {{ {EVENT} }} }} }}""",
    ),
    Way(
        "events of one",
        f"""subscription S($id: ID!, $after: String) {{
          events(filter: {{subject: $id}}, after: $after) {{ ... on Event {{ {EVENT} }} }} }}""",
    ),
    Way(
        "one",
        f"""subscription S($id: ID!, $after: String) {{ threadUpdated(thread: $id, after: $after) {{
          ... on ThreadEvent {{ type thread {{ {THREAD} }} reply {{ {REPLY} }} }} }} }}""",
    ),
    Way(
        "all of a space",
        f"""subscription S($space: ID!, $after: String) {{
          threadEvents(space: $space, after: $after) {{
            ... on ThreadEvent {{ type thread {{ id title }} reply {{ {REPLY} }} }} }} }}""",
    ),
    Way(
        "those about a subject",
        """subscription S($space: ID!, $after: String) {
          threadEvents(
            space: $space, filter: {subject: "migraine", tags: ["aura"]}, after: $after
          ) {
            ... on ThreadEvent { cursor type thread { id title asker { id name } } } } }""",
    ),
    Way(
        "followed",
        """subscription S($after: String) { followed(after: $after) {
          ... on ThreadEvent { type thread { id title asker { name } } } } }""",
        SIGNED_IN,
    ),
]
_DONE = "{ __typename ... on Error { message code } }"
DEEDS = [
    Way("", query)
    for query in (
        f"""mutation M($id: ID!) {{
      reply(input: {{thread: $id, act: CLARIFY, text: "Hm?"}}) {_DONE} }}""",
        f"mutation M($reply: ID!) {{ vote(input: {{reply: $reply, value: UP}}) {_DONE} }}",
        f"mutation M($reply: ID!) {{ acceptReply(id: $reply) {_DONE} }}",
        f"mutation M($reply: ID!) {{ undoAcceptance(id: $reply) {_DONE} }}",
        f"""mutation M($reply: ID!) {{
      reviseReply(input: {{reply: $reply, expectedVersion: 1, text: "Hm."}}) {_DONE} }}""",
        f"""mutation M($id: ID!) {{
      reviseThread(input: {{thread: $id, expectedVersion: 1, title: "Hm"}}) {_DONE} }}""",
        f"mutation M($id: ID!) {{ closeThread(input: {{thread: $id}}) {_DONE} }}",
        f"mutation M($id: ID!) {{ reopenThread(input: {{thread: $id}}) {_DONE} }}",
        f"mutation M($id: ID!) {{ withdrawThread(input: {{thread: $id}}) {_DONE} }}",
        f"""mutation M($id: ID!, $beacon: ID!) {{
      markDuplicate(input: {{thread: $id, of: $beacon}}) {_DONE} }}""",
        f"""mutation M($id: ID!, $beacon: ID!) {{
      markDuplicate(input: {{thread: $beacon, of: $id}}) {_DONE} }}""",
        f"""mutation M($id: ID!) {{
          inviteExpert(input: {{thread: $id, person: "usr_x"}}) {_DONE} }}""",
        f"""mutation M($id: ID!) {{
      giveConsent(input: {{thread: $id, purpose: RESEARCH, textVersion: 1}}) {_DONE} }}""",
        f"mutation M($id: ID!) {{ follow(input: {{kind: THREAD, target: $id}}) {_DONE} }}",
    )
]
_PAGE = "{ totalCount nodes { __typename } pageInfo { hasNextPage endCursor } }"
COUNTS = [
    Way(
        "threads",
        f"""query Q($space: ID!, $after: String) {{
          threads(space: $space, first: 10, after: $after) {_PAGE} }}""",
    ),
    Way(
        "hits",
        f"""query Q($space: ID!, $after: String) {{
          searchThreads(space: $space, text: "zigzags", first: 3, after: $after) {_PAGE} }}""",
    ),
    Way(
        "replies",
        f"""query Q($id: ID!, $after: String) {{
          replies(thread: $id, first: 1, after: $after) {_PAGE} }}""",
    ),
    Way(
        "events of one",
        f"""query Q($id: ID!, $after: String) {{
          events(filter: {{subject: $id}}, first: 2, after: $after) {_PAGE} }}""",
    ),
    Way(
        "events",
        f"""query Q($space: ID!, $after: String) {{
          events(filter: {{space: $space}}, first: 20, after: $after) {_PAGE} }}""",
    ),
]
