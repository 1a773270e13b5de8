// What these clients share: the example operations, and what they are started with:
//   node graphql-ws.mjs http://127.0.0.1:8000 ada@example.org PASSWORD [CURSOR]
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`../${name}.graphql`, import.meta.url), 'utf8');

export const SIGN_IN = read('people-sign-in');
export const ME = read('people-me');
export const CHANGE_PASSWORD = read('people-change-password');
export const WATCH_ALERTS = read('alerts-watch');

const [server = 'http://127.0.0.1:8000', email, password, cursor = null] = process.argv.slice(2);

export const url = `${server}/graphql`;
export const socketUrl = url.replace('http', 'ws');
export const signInVariables = { input: { email, password, label: 'an example' } };
// Too short: the answer is InvalidInput, with all that is wrong.
export const badPassword = { input: { currentPassword: password, newPassword: 'short' } };
// The cursor of the last item that was seen: everything later comes.
export const start = cursor;

export const say = (what) => console.log(JSON.stringify(what));

// The result of a mutation is the thing or an Error: look at __typename before anything else.
export function signedIn({ signIn }) {
  if (signIn.__typename !== 'SignedIn') throw new Error(signIn.message);
  return signIn.token;
}

export function sayRefusal({ changePassword }) {
  if (changePassword.__typename === 'InvalidInput') say({ refused: changePassword.problems });
}

// Returns the cursor to go on from.
export function sayAlert({ alerts }) {
  if (alerts.__typename === 'Discontinuity') {
    say({ missing: alerts });
    return alerts.toCursor;
  }
  say({ cursor: alerts.cursor, reason: alerts.reason, value: alerts.value });
  return alerts.cursor;
}
