// Everything over one WebSocket, by graphql-ws: sign in, ask, be refused, watch alerts for ever.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import * as shared from './shared.mjs';

globalThis.WebSocket ??= WebSocket; // browsers and Node.js 22 have their own

async function ask(client, query, variables) {
  for await (const { data, errors } of client.iterate({ query, variables })) {
    if (errors) throw new Error(errors[0].message);
    return data;
  }
}

const stranger = createClient({ url: shared.socketUrl });
const token = shared.signedIn(await ask(stranger, shared.SIGN_IN, shared.signInVariables));
stranger.dispose();

const client = createClient({
  url: shared.socketUrl,
  connectionParams: { token },
  retryAttempts: Infinity,
  retryWait: () => new Promise((done) => setTimeout(done, 200 + 800 * Math.random())),
  // 4403: the session has ended. Coming back with the same token would not help.
  shouldRetry: (event) => event.code !== 4403,
});

shared.say({ me: (await ask(client, shared.ME)).me.name });
shared.sayRefusal(await ask(client, shared.CHANGE_PASSWORD, shared.badPassword));

// The client sends `payload` anew after each lost connection, so it goes on from the last cursor.
const payload = { query: shared.WATCH_ALERTS, variables: { after: shared.start } };
try {
  for await (const { data } of client.iterate(payload)) {
    payload.variables.after = shared.sayAlert(data);
  }
} catch (closed) {
  shared.say({ closed: closed.code ?? closed.message, reason: closed.reason });
}
