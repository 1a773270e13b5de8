// The ready operations that come with the server, and the tabs that a first visit opens with.

const MOST_TABS = 12;

const WELCOME = `# Welcome to Fivefold.
# Ctrl+Enter runs the operation below.
#
# Examples, on the left: ready operations
# of every model. A click opens one.
#
# Documentation, above: every type and
# field. Ctrl+click a name to go there.
#
# Headers, below: once you have signed in
#   {"Authorization": "Bearer <token>"}
# Tabs in which you type none take those
# that you typed last.

query Welcome {
  __typename
}
`;

// Returns [] when there are none to be had: the explorer is of use without them.
export async function loadExamples() {
  try {
    const response = await fetch('./examples.json', { cache: 'no-cache' });
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
}

export const asText = (object) =>
  object && Object.keys(object).length ? JSON.stringify(object, null, 2) : '';

export function asTab(example) {
  return {
    query: example.query,
    variables: asText(example.variables),
    headers: asText(example.headers),
  };
}

export function firstTabs(examples) {
  return [{ query: WELCOME }, ...chooseFew(examples, MOST_TABS - 1).map(asTab)];
}

// All if they fit; otherwise the first of each group, so that every model is to be seen.
function chooseFew(examples, most) {
  if (examples.length <= most) return examples;
  return [...groupExamples(examples).values()].map(([first]) => first).slice(0, most);
}

export function groupExamples(examples) {
  const groups = new Map();
  for (const example of examples) {
    const group = example.group ?? example.name.split(/[-_.]/, 1)[0];
    groups.set(group, [...(groups.get(group) ?? []), example]);
  }
  return groups;
}
