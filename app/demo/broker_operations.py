"""Every operation with which the demo's patients and researchers talk to each other."""

RULES = "query Rules($id: ID!) { space(id: $id) { version brokingRules { version } } }"

UPDATE_RULES = """
mutation UpdateBrokingRules($input: UpdateBrokingRulesInput!) {
  updateBrokingRules(input: $input) {
    __typename
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""

MEMBERS = """
query Members($id: ID!, $after: String) {
  space(id: $id) {
    members(first: 100, after: $after) {
      nodes { role groups user { id } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

SET_ROLE = """
mutation SetMemberRole($input: SetMemberRoleInput!) {
  setMemberRole(input: $input) { __typename ... on Error { message code } }
}"""

ASSIGN_GROUP = """
mutation AssignGroup($input: AssignGroupInput!) {
  assignGroup(input: $input) { __typename ... on Error { message code } }
}"""

MY_ROLE = "query MyRole($id: ID!) { space(id: $id) { myRole } }"

EXPERTISE = """
query Expertise($space: ID!, $person: ID!, $subject: String!) {
  expertise(space: $space, person: $person, subject: $subject, first: 1) {
    nodes { id level version endorsedByMe }
  }
}"""

DECLARE = """
mutation DeclareExpertise($input: DeclareExpertiseInput!) {
  declareExpertise(input: $input) { __typename ... on Error { message code } }
}"""

ENDORSE = """
mutation EndorseExpert($id: ID!) {
  endorseExpert(id: $id) { __typename ... on Error { message code } }
}"""

VERIFY = """
mutation VerifyExpert($input: VerifyExpertInput!) {
  verifyExpert(input: $input) { __typename ... on Error { message code } }
}"""

MY_THREADS = """
query MyThreads($space: ID!, $after: String) {
  threads(space: $space, filter: {mine: true}, first: 100, after: $after) {
    nodes { id title }
    pageInfo { hasNextPage endCursor }
  }
}"""

_ASKED = """{
    __typename
    ... on Thread { id }
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""
ASK = f"mutation AskQuestion($input: AskInput!) {{ askQuestion(input: $input) {_ASKED}"
OPEN_CASE = f"mutation OpenCase($input: AskInput!) {{ openCase(input: $input) {_ASKED}"

STATE = "query State($id: ID!) { thread(id: $id) { state } }"

HISTORY = """
query History($id: ID!, $after: String) {
  events(filter: {subject: $id}, first: 100, after: $after) {
    nodes { type }
    pageInfo { hasNextPage endCursor }
  }
}"""

REPLIES = """
query Replies($id: ID!, $after: String) {
  replies(thread: $id, first: 100, after: $after) {
    nodes { id text }
    pageInfo { hasNextPage endCursor }
  }
}"""

REPLY = """
mutation Reply($input: ReplyInput!) {
  reply(input: $input) {
    __typename
    ... on Reply { id }
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""

VOTE = """
mutation Vote($input: VoteInput!) {
  vote(input: $input) { __typename ... on Error { message code } }
}"""

ACCEPT = """
mutation AcceptReply($id: ID!) {
  acceptReply(id: $id) { __typename ... on Error { message code } }
}"""

INVITE = """
mutation InviteExpert($input: InviteExpertInput!) {
  inviteExpert(input: $input) { __typename ... on Error { message code } }
}"""

CLOSE = """
mutation CloseThread($input: ThreadInput!) {
  closeThread(input: $input) { __typename ... on Error { message code } }
}"""

REOPEN = """
mutation ReopenThread($input: ThreadInput!) {
  reopenThread(input: $input) { __typename ... on Error { message code } }
}"""

WITHDRAW = """
mutation WithdrawThread($input: ThreadInput!) {
  withdrawThread(input: $input) { __typename ... on Error { message code } }
}"""

MARK_DUPLICATE = """
mutation MarkDuplicate($input: MarkDuplicateInput!) {
  markDuplicate(input: $input) { __typename ... on Error { message code } }
}"""

CONSENTS = """
query MyConsents($after: String) {
  myConsents(first: 100, after: $after) {
    nodes { purpose thread { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""

CONSENT_TEXT = """
query ConsentText($space: ID!, $purpose: ConsentPurpose!) {
  consentText(space: $space, purpose: $purpose) { version }
}"""

GIVE_CONSENT = """
mutation GiveConsent($input: GiveConsentInput!) {
  giveConsent(input: $input) { __typename ... on Error { message code } }
}"""

USES = """
query UsesOfMyCases($after: String) {
  usesOfMyCases(first: 100, after: $after) {
    nodes { kind description }
    pageInfo { hasNextPage endCursor }
  }
}"""

EXPORT = """
query ResearchExport($space: ID!) {
  researchExport(space: $space) {
    cases(first: 100) { nodes { pseudonym title } }
  }
}"""

RECORD_USE = """
mutation RecordResearchUse($input: RecordResearchUseInput!) {
  recordResearchUse(input: $input) { __typename ... on Error { message code } }
}"""

COUNT = "query Count($space: ID!) { threads(space: $space, first: 0) { totalCount } }"
