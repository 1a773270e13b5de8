// urql: HTTP for queries and mutations, graphql-ws for subscriptions; with `--sse` as a last
// argument its own fetch does those, too, by server-sent events, and no other package is needed.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as shared from './shared.mjs';

globalThis.WebSocket ??= WebSocket; // browsers and Node.js 22 have their own

const overEvents = process.argv.at(-1) === '--sse';
let token;

const socket = createClient({
  url: shared.socketUrl,
  connectionParams: () => ({ token }),
  retryAttempts: Infinity,
  shouldRetry: (event) => event.code !== 4403,
});

// The socket sends `payload` anew after each lost connection, so it goes on from the last cursor.
function forwardSubscription({ query, variables }) {
  const payload = { query, variables: { ...variables } };
  const resume = ({ data }) => {
    const [item] = Object.values(data ?? {});
    payload.variables.after = item?.cursor ?? item?.toCursor ?? payload.variables.after;
  };
  return {
    subscribe: (sink) => ({
      unsubscribe: socket.subscribe(payload, {
        ...sink,
        next: (result) => {
          resume(result);
          sink.next(result);
        },
      }),
    }),
  };
}

const urql = new Client({
  url: shared.url,
  preferGetMethod: false,
  fetchSubscriptions: overEvents,
  fetchOptions: () => ({ headers: token ? { authorization: `Bearer ${token}` } : {} }),
  exchanges: [
    ...(overEvents ? [] : [subscriptionExchange({ forwardSubscription })]),
    fetchExchange,
  ],
});

async function ask(operation) {
  const { data, error } = await operation.toPromise();
  if (error) throw error;
  return data;
}

token = shared.signedIn(await ask(urql.mutation(shared.SIGN_IN, shared.signInVariables)));
shared.say({ me: (await ask(urql.query(shared.ME, {}))).me.name });
shared.sayRefusal(await ask(urql.mutation(shared.CHANGE_PASSWORD, shared.badPassword)));

urql.subscription(shared.WATCH_ALERTS, { after: shared.start }).subscribe(({ data, error }) => {
  if (error) shared.say({ closed: error.message });
  else if (data) shared.sayAlert(data);
});
