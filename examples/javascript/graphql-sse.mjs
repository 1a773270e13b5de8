// For networks that break WebSockets: HTTP and server-sent events, by graphql-sse.
import { createClient } from 'graphql-sse';
import * as shared from './shared.mjs';

async function ask(client, query, variables) {
  for await (const { data, errors } of client.iterate({ query, variables })) {
    if (errors) throw new Error(errors[0].message);
    return data;
  }
}

const stranger = createClient({ url: shared.url });
const token = shared.signedIn(await ask(stranger, shared.SIGN_IN, shared.signInVariables));

const client = createClient({
  url: shared.url,
  headers: { authorization: `Bearer ${token}` },
  retryAttempts: Infinity,
  retry: () => new Promise((done) => setTimeout(done, 200 + 800 * Math.random())),
});

shared.say({ me: (await ask(client, shared.ME)).me.name });
shared.sayRefusal(await ask(client, shared.CHANGE_PASSWORD, shared.badPassword));

// The client sends `request` anew after each lost connection, so it goes on from the last cursor.
const request = { query: shared.WATCH_ALERTS, variables: { after: shared.start } };
for await (const { data, errors } of client.iterate(request)) {
  if (errors) {
    shared.say({ closed: errors[0].extensions.code, reason: errors[0].message });
    break;
  }
  request.variables.after = shared.sayAlert(data);
}
