"""What the clients of these tests send."""

CLAIM = """
mutation M($token: String!, $password: String!) {
  claimOperator(input: {
    token: $token, email: "mo@example.org", password: $password, name: "Mo"
  }) { ... on SignedIn { token } }
}
"""
SPACE = """
mutation M($key: String) {
  createSpace(input: {
    name: "River watch", model: ALERTER, domain: ENVIRONMENTAL, idempotencyKey: $key
  }) { ... on Space { id } }
}
"""
SERIES = """
mutation M($space: ID!, $key: String!, $tags: [String!]!) {
  createSeries(input: {
    space: $space, key: $key, name: "Level", tags: $tags, idempotencyKey: $key
  }) { ... on Series { id } }
}
"""
SUBSCRIBE = """
mutation M($series: ID!, $trigger: ThresholdTriggerInput!, $key: String) {
  createAlertSubscription(input: {
    series: $series, trigger: {threshold: $trigger}, idempotencyKey: $key
  }) { ... on AlertSubscription { id } }
}
"""
RECORD = """
mutation M($observations: [ObservationInput!]!, $key: String) {
  recordObservations(input: {observations: $observations, idempotencyKey: $key}) {
    __typename
    ... on RecordedObservations { recorded duplicates alertsOpened alertsResolved }
    ... on Error { message code }
  }
}
"""
NEWEST = "query Q { inbox(first: 1) { nodes { cursor } } }"
KEPT = """
query Q($series: ID!) {
  node(id: $series) { ... on Series { count observations(first: 1) { totalCount } } }
}
"""
ALERTS = """
subscription S($after: String) {
  alerts(after: $after) {
    ... on Notice { id cursor reason value at alert { ordinal series { key } } }
    ... on Discontinuity { cursor: toCursor cause }
  }
}
"""
EVENTS = """
subscription S($after: String) {
  events(after: $after) {
    ... on Event { cursor type subject at value recordedAt }
    ... on Discontinuity { cursor: toCursor cause }
  }
}
"""
_TAGS = "\n".join(f"tags{n}: tags" for n in range(28))
# The same as ALERTS, but each item is so large that a few hundred fill every buffer on the way.
LARGE_ALERTS = f"""
subscription S($after: String) {{
  alerts(after: $after) {{
    ... on Notice {{ id cursor reason value at alert {{ ordinal series {{ key {_TAGS} }} }} }}
    ... on Discontinuity {{ cursor: toCursor cause }}
  }}
}}
"""
