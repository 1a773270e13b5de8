"""Every operation with which the demo's neighbours find each other."""

from typing import Final

RULES = """
query Rules($id: ID!) {
  space(id: $id) { version matchingRules { answerWithin leastScore } }
}"""

UPDATE_RULES = """
mutation UpdateMatchingRules($input: UpdateMatchingRulesInput!) {
  updateMatchingRules(input: $input) {
    __typename
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""

REPUTATION = """
query Reputation($space: ID!, $person: ID!) {
  reputation(space: $space, person: $person) { verified }
}"""

VERIFY = """
mutation VerifyMember($input: VerifyMemberInput!) {
  verifyMember(input: $input) { __typename ... on Error { message code } }
}"""

LISTS: Final = {
    "needs": """
query Needs($space: ID!, $after: String) {
  needs(space: $space, first: 100, after: $after) {
    nodes { id title version status windows { endsAt } owner { id } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "offers": """
query Offers($space: ID!, $after: String) {
  offers(space: $space, first: 100, after: $after) {
    nodes { id title version status windows { endsAt } owner { id } }
    pageInfo { hasNextPage endCursor }
  }
}""",
}

CREATE: Final = {
    "needs": """
mutation CreateNeed($input: CreateNeedInput!) {
  createNeed(input: $input) {
    __typename
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}""",
    "offers": """
mutation CreateOffer($input: CreateOfferInput!) {
  createOffer(input: $input) {
    __typename
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}""",
}

UPDATE: Final = {
    "needs": """
mutation UpdateNeed($input: UpdateNeedInput!) {
  updateNeed(input: $input) { __typename ... on Error { message code } }
}""",
    "offers": """
mutation UpdateOffer($input: UpdateOfferInput!) {
  updateOffer(input: $input) { __typename ... on Error { message code } }
}""",
}

MY_MATCHES = """
query MyMatches($space: ID!, $after: String) {
  matches(space: $space, first: 100, after: $after) {
    nodes { id state need { id } offer { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""

PROPOSE = """
mutation ProposeMatch($input: ProposeMatchInput!) {
  proposeMatch(input: $input) {
    __typename
    ... on Match { id }
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""

MATCH = """
query Match($id: ID!) {
  node(id: $id) {
    ... on Match { state version possible mySide acceptedBy agreement agreedBy }
  }
}"""

WRITE_AGREEMENT = """
mutation WriteAgreement($input: WriteAgreementInput!) {
  writeAgreement(input: $input) { __typename ... on Error { message code } }
}"""

AGREE = """
mutation AcceptAgreement($input: AcceptAgreementInput!) {
  acceptAgreement(input: $input) { __typename ... on Error { message code } }
}"""

MESSAGES = """
query Messages($match: ID!, $after: String) {
  messages(match: $match, first: 100, after: $after) {
    nodes { text }
    pageInfo { hasNextPage endCursor }
  }
}"""

SEND = """
mutation SendMessage($input: SendMessageInput!) {
  sendMessage(input: $input) { __typename ... on Error { message code } }
}"""

RESPOND = """
mutation RespondToMatch($input: RespondToMatchInput!) {
  respondToMatch(input: $input) { __typename ... on Error { message code } }
}"""

DISPUTE = """
mutation DisputeMatch($input: DisputeMatchInput!) {
  disputeMatch(input: $input) { __typename ... on Error { message code } }
}"""

REVIEW = """
mutation ReviewMatch($input: ReviewMatchInput!) {
  reviewMatch(input: $input) { __typename ... on Error { message code } }
}"""

SIMPLE: Final = {
    deed: f"""
mutation {name[0].upper()}{name[1:]}($id: ID!) {{
  {name}(id: $id) {{ __typename ... on Error {{ message code }} }}
}}"""
    for deed, name in (
        ("CANCEL", "cancelMatch"),
        ("START", "startMatch"),
        ("COMPLETE", "completeMatch"),
        ("REPORT_NO_SHOW", "reportNoShow"),
    )
}

COUNT = "query Count($space: ID!) { matches(space: $space) { totalCount } }"

JUDGED = """
query Judged($space: ID!) {
  disputes(space: $space) { totalCount }
  reports(space: $space) { totalCount }
}"""
