"""Every operation that the demo sends: the same public API that is open to all."""

ME = "query Me { me { id } }"

SIGN_UP = """
mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) { __typename ... on Error { message code } }
}"""

SIGN_IN = """
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    __typename
    ... on SignedIn { token }
    ... on RateLimited { retryAt }
    ... on Error { message code }
  }
}"""

SIGN_OUT = "mutation SignOut { signOut { __typename ... on Error { message code } } }"

SPACES = """
query Spaces($after: String) {
  spaces(first: 100, after: $after) {
    nodes { id name categories closedAt }
    pageInfo { hasNextPage endCursor }
  }
}"""

CREATE_SPACE = """
mutation CreateSpace($input: CreateSpaceInput!) {
  createSpace(input: $input) { __typename ... on Space { id } ... on Error { message code } }
}"""

CREATE_KEY = """
mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    __typename ... on NewApiKey { token key { id } } ... on Error { message code }
  }
}"""

REVOKE_KEY = """
mutation RevokeApiKey($id: ID!) {
  revokeApiKey(id: $id) { __typename ... on Error { message code } }
}"""

SERIES = (
    "query Series($space: ID!, $key: String!) { series(space: $space, key: $key) { id lastAt } }"
)

CREATE_SERIES = """
mutation CreateSeries($input: CreateSeriesInput!) {
  createSeries(input: $input) { __typename ... on Series { id } ... on Error { message code } }
}"""

SUBSCRIPTIONS = """
query AlertSubscriptions($after: String) {
  alertSubscriptions(first: 100, after: $after) {
    nodes { name status series { id } }
    pageInfo { hasNextPage endCursor }
  }
}"""

SUBSCRIBE = """
mutation CreateAlertSubscription($input: CreateAlertSubscriptionInput!) {
  createAlertSubscription(input: $input) {
    __typename ... on AlertSubscription { id } ... on Error { message code }
  }
}"""

RECORD = """
mutation RecordObservations($input: RecordObservationsInput!) {
  recordObservations(input: $input) {
    __typename
    ... on RecordedObservations { recorded duplicates alertsOpened }
    ... on Error { message code }
    ... on InvalidInput { problems { path message } }
  }
}"""

ALERTS = """
query Alerts($space: ID!, $after: String) {
  alerts(space: $space, first: 100, after: $after) {
    nodes {
      status
      series { key name unit }
      instance { trigger { operator value recovery } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

WATCH = """
subscription { alerts { ... on Notice {
  reason value at series { name unit } alert { ordinal status severity }
} } }"""
