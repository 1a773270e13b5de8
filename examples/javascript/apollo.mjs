// Apollo Client: queries and mutations over HTTP, subscriptions over a WebSocket.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { defer, retry, tap, throwError, timer } from 'rxjs';
import WebSocket from 'ws';
import * as shared from './shared.mjs';

globalThis.WebSocket ??= WebSocket; // browsers and Node.js 22 have their own

let token;

const http = new SetContextLink(({ headers }) => ({
  headers: token ? { ...headers, authorization: `Bearer ${token}` } : headers,
})).concat(new HttpLink({ uri: shared.url }));

const socket = createClient({
  url: shared.socketUrl,
  connectionParams: () => ({ token }),
  retryAttempts: 0, // `watch` below comes back by itself, from where it was
});

const apollo = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    http,
  ),
});

const signedIn = await apollo.mutate({
  mutation: gql(shared.SIGN_IN),
  variables: shared.signInVariables,
});
token = shared.signedIn(signedIn.data);

shared.say({ me: (await apollo.query({ query: gql(shared.ME) })).data.me.name });
const refusal = { mutation: gql(shared.CHANGE_PASSWORD), variables: shared.badPassword };
shared.sayRefusal((await apollo.mutate(refusal)).data);

// 4403: the session has ended. Coming back with the same token would not help.
const isOver = (error) => /event 4403/.test(error.message);

let after = shared.start;
const watch = defer(() =>
  apollo.subscribe({ query: gql(shared.WATCH_ALERTS), variables: { after } }),
).pipe(
  tap(({ data, error }) => {
    if (error) throw error;
    after = shared.sayAlert(data);
  }),
  retry({
    delay: (error) => (isOver(error) ? throwError(() => error) : timer(200 + 800 * Math.random())),
    resetOnSuccess: true,
  }),
);
watch.subscribe({ error: (error) => shared.say({ closed: error.message }) });
