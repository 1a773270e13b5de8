// Sign in, ask, be refused once, and watch alerts for ever, with types for every operation:
//   npm ci && npm run build && npm start http://127.0.0.1:8000 ada@example.org PASSWORD [CURSOR]
import { createClient, type ExecutionResult } from 'graphql-ws';
import WebSocket from 'ws';
import {
  ChangePasswordDocument,
  MeDocument,
  SignInDocument,
  WatchAlertsDocument,
  type TypedDocumentString,
  type WatchAlertsSubscription,
} from './generated/graphql.js';

const [server = 'http://127.0.0.1:8000', email = '', password = '', cursor] = process.argv.slice(2);
const url = `${server}/graphql`;
const say = (what: object) => console.log(JSON.stringify(what));

async function ask<Result, Variables>(
  query: TypedDocumentString<Result, Variables>,
  variables: Variables,
  token?: string,
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as ExecutionResult<Result>;
  if (errors) throw new Error(errors[0]?.message);
  return data as Result;
}

async function signIn(): Promise<string> {
  const variables = { input: { email, password, label: 'an example' } };
  const { signIn } = await ask(SignInDocument, variables);
  // Each member of the union has its own fields: __typename says which one this is.
  if (signIn.__typename === 'SignedIn') return signIn.token;
  throw new Error(signIn.message);
}

// Returns the cursor to go on from.
function sayAlert({ alerts }: WatchAlertsSubscription): string {
  if (alerts.__typename === 'Discontinuity') {
    say({ missing: alerts });
    return alerts.toCursor;
  }
  say({ cursor: alerts.cursor, reason: alerts.reason, value: alerts.value });
  return alerts.cursor;
}

async function watch(token: string): Promise<void> {
  const client = createClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { token },
    retryAttempts: Infinity,
    // 4403: the session has ended. Coming back with the same token would not help.
    shouldRetry: (event) => (event as CloseEvent).code !== 4403,
  });
  // The client sends `payload` anew after each lost connection, so it goes on from the last cursor.
  const payload = { query: WatchAlertsDocument.toString(), variables: { after: cursor } };
  for await (const { data } of client.iterate<WatchAlertsSubscription>(payload)) {
    if (data) payload.variables.after = sayAlert(data);
  }
}

const token = await signIn();
say({ me: (await ask(MeDocument, {}, token)).me?.name });
const short = { input: { currentPassword: password, newPassword: 'short' } };
const { changePassword } = await ask(ChangePasswordDocument, short, token);
if (changePassword.__typename === 'InvalidInput') say({ refused: changePassword.problems });
await watch(token).catch((closed: CloseEvent) => say({ closed: closed.code }));
