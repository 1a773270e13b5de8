// The items that the running (or last) subscription brought, newest first.

const KEPT = 100;

let stream = { received: 0, items: [] };
let frame = 0;
const listeners = new Set();

export const currentStream = () => stream;

export function watchStream(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function startStream() {
  stream = { received: 0, items: [] };
  announce();
}

export function recordItem(payload) {
  const number = stream.received + 1;
  const item = { number, at: new Date(), payload };
  stream = { received: number, items: [item, ...stream.items.slice(0, KEPT - 1)] };
  announce();
}

// At most once per frame, so that a replay of thousands of items does not draw each of them.
function announce() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    listeners.forEach((listener) => listener());
  });
}
