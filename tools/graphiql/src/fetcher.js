// Carries operations to the server: queries and mutations by HTTP, subscriptions by WebSocket.
//
// GraphiQL's own fetcher is not used, because it keeps one socket for all subscriptions: headers
// typed later would not count. Here each subscription has a socket of its own, which begins with
// the headers of its tab.
import { Kind, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { recordItem, startStream } from './stream.js';

const UNREACHABLE = 'The server cannot be reached.';

export function createFetcher(endpoint) {
  const socketUrl = new URL(endpoint);
  socketUrl.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  return (given, { headers = {} } = {}) => {
    const operation = chooseOperation(given);
    const operationName = operation ? operation.name?.value : given.operationName;
    const request = { ...given, operationName };
    return operation?.operation === 'subscription'
      ? subscribe(socketUrl.href, request, headers)
      : post(endpoint.href, request, headers);
  };
}

// The text decides, since the name that GraphiQL gives lags behind it, and may be that of an
// operation which stood there before. The server explains whatever cannot be decided here.
function chooseOperation({ query, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch {
    return undefined;
  }
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  if (operations.length === 1) return operations[0];
  return operations.find((one) => one.name?.value === operationName);
}

async function post(url, request, headers) {
  let response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        ...headers,
      },
      body: JSON.stringify(request),
    });
  } catch {
    // A plain object, since GraphiQL shows the stack of anything that is an Error.
    throw { message: UNREACHABLE };
  }
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw { message: `The server answered ${response.status} without JSON.`, body: text };
  }
}

function subscribe(url, request, headers) {
  startStream();
  // No silent reconnecting: whoever tries out an API wants to see that the socket was closed.
  const client = createClient({ url, connectionParams: headers, retryAttempts: 0 });
  const items = client.iterate(request);
  // Not a generator: `return` of a generator waits for the next item before it stops.
  return {
    async next() {
      try {
        const step = await items.next();
        if (!step.done) recordItem(step.value);
        return step;
      } catch (reason) {
        throw explain(reason);
      }
    },
    return: () => items.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function explain(reason) {
  if (Array.isArray(reason)) return reason;
  if (reason instanceof CloseEvent) {
    const text = `The socket was closed with ${reason.code}${reason.reason && `: ${reason.reason}`}`;
    return { message: text, extensions: { closeCode: reason.code } };
  }
  return { message: reason instanceof Error ? reason.message : UNREACHABLE };
}
