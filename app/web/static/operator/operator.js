// Hands the one-time token of the printed link to the server, with who takes charge.

const CLAIM = `mutation Claim($input: ClaimOperatorInput!) {
  claimOperator(input: $input) {
    __typename
    ... on SignedIn { token }
    ... on Error { message }
  }
}`;

const at = (id) => document.getElementById(id);
const token = decodeURIComponent(location.hash.slice(1)).replace(/^token=/, "");

// The token leaves the address, so that neither history nor a screenshot keeps it.
history.replaceState(null, "", location.pathname);
at(token ? "claim" : "missing").hidden = false;

async function claim(form) {
  const { email, name, password } = Object.fromEntries(new FormData(form));
  const response = await fetch("../graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query: CLAIM, variables: { input: { token, email, password, name } } }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors.map((error) => error.message).join(" "));
  return data.claimOperator;
}

at("claim").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  at("problem").textContent = "";
  try {
    const result = await claim(event.target);
    if (result.__typename !== "SignedIn") throw new Error(result.message);
    at("headers").textContent = JSON.stringify({ Authorization: `Bearer ${result.token}` }, null, 2);
    for (const id of ["claim", "intro"]) at(id).hidden = true;
    at("done").hidden = false;
  } catch (error) {
    at("problem").textContent = error.message || "The server could not be reached.";
  } finally {
    button.disabled = false;
  }
});

// Browsers have a clipboard only where the connection is safe.
at("copy").hidden = !navigator.clipboard;
at("copy").addEventListener("click", () => navigator.clipboard.writeText(at("headers").textContent));
