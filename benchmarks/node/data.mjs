// The data as both peers read them: best queries, gathered references, the same checks of rights.
import { createHash, randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";

const { values: given } = parseArgs({
  options: { uri: { type: "string" }, database: { type: "string" } },
});
const client = new MongoClient(given.uri, {
  w: "majority",
  readConcernLevel: "majority",
  maxPoolSize: 64,
});
await client.connect();
const db = client.db(given.database);
const [
  users, sessions, spaces, memberships, campaigns, contributions, gates, levels, ledger, events,
  counters,
] = [
  "users", "sessions", "spaces", "memberships", "campaigns", "contributions", "gates", "levels",
  "ledger", "events", "counters",
].map((name) => db.collection(name));

const PUBLIC = ["OPEN", "SUCCEEDED", "FAILED", "FULFILLING", "FULFILLED"];
const COUNTED = ["ACKNOWLEDGED", "CAPTURED", "CONFIRMED", "DELIVERED"];
const RIGHTS = ["COMMENT", "READ_UPDATES", "SUGGEST"];
const GATES = 16;

const REMEMBERED_MILLISECONDS = 30_000;
const RANKS = { MEMBER: 1, MODERATOR: 2, OWNER: 3 };
const viewers = new Map();
const knownSpaces = new Map();

// Who comes with a token, remembered as long as Fivefold does.
export async function findViewer(authorization = "") {
  const token = authorization.replace(/^Bearer /, "");
  const hash = createHash("sha256").update(token).digest("hex");
  const known = viewers.get(hash);
  if (known && known.until > Date.now()) return known.viewer;
  const session = await sessions.findOne({ token_hash: hash });
  if (!session || session.ends_at < new Date()) return null;
  const user = await users.findOne({ _id: session.user });
  if (!user || user.suspended_at) return null;
  const roles = new Map();
  for (const one of await memberships.find({ user: user._id }).toArray()) {
    roles.set(one.space, one.role);
  }
  const viewer = { user: user._id, roles };
  viewers.set(hash, { viewer, until: Date.now() + REMEMBERED_MILLISECONDS });
  return viewer;
}

async function findSpace(id) {
  if (!knownSpaces.has(id)) knownSpaces.set(id, await spaces.findOne({ _id: id }));
  return knownSpaces.get(id);
}

const rank = (viewer, space) => RANKS[viewer?.roles.get(space._id)] ?? 0;
const reads = (viewer, space) => space.openness === "OPEN" || rank(viewer, space) >= 1;

async function requireReader(viewer, id) {
  const space = await findSpace(id);
  if (!space || !reads(viewer, space)) throw new Error("This asks for membership of the space.");
}

const shownCampaign = (row) => ({
  __typename: "Campaign",
  id: row._id,
  title: row.title,
  category: row.category,
  type: row.type,
  mode: row.mode,
  state: row.state,
  round: row.round,
  share: row.share,
  deadline: row.deadline,
  createdAt: row.created_at,
  owner: row.owner,
});

const byId = (rows) => new Map(rows.map((row) => [row._id, row]));

export async function findCampaign(viewer, id) {
  const row = await campaigns.findOne({ _id: id, opened_at: { $ne: null } });
  if (!row) return null;
  await requireReader(viewer, row.space);
  return shownCampaign(row);
}

export async function manyUsers(ids) {
  const wanted = [...new Set(ids)];
  const found = byId(await users.find({ _id: { $in: wanted } }).project({ name: 1 }).toArray());
  return ids.map((id) => {
    const user = found.get(id);
    return user ? { id: user._id, name: user.name } : null;
  });
}

export async function latestContributions(parents, first) {
  const pipeline = [
    { $match: { state: { $in: COUNTED } } },
    { $sort: { created_at: -1, _id: -1 } },
    { $limit: first },
  ];
  const rows = await campaigns
    .aggregate([
      { $match: { _id: { $in: parents.map((parent) => parent.id) } } },
      { $project: { _id: 1 } },
      {
        $lookup: {
          from: "contributions", localField: "_id", foreignField: "campaign", pipeline,
          as: "found",
        },
      },
    ])
    .toArray();
  const found = new Map(rows.map((row) => [row._id, row.found]));
  return parents.map(({ id }) => ({
    nodes: (found.get(id) ?? []).map((one) => ({
      amount: one.amount,
      createdAt: one.created_at,
      supporter: one.anonymous ? null : one.supporter,
    })),
  }));
}

export async function listCampaigns(viewer, space, first, after) {
  await requireReader(viewer, space);
  const conditions = [{ space, state: { $in: PUBLIC } }];
  if (after) {
    const [{ t }, id] = JSON.parse(Buffer.from(after, "base64url").toString());
    const at = new Date(t);
    conditions.push({
      $or: [{ created_at: { $lt: at } }, { created_at: at, _id: { $lt: id } }],
    });
  }
  const rows = await campaigns
    .find({ $and: conditions })
    .sort({ created_at: -1, _id: -1 })
    .limit(first)
    .batchSize(first + 1)
    .toArray();
  return { nodes: rows.map(shownCampaign) };
}

// The same that Fivefold writes, with the total added to the campaign instead of being folded.
export async function contribute(viewer, input) {
  const campaign = await campaigns.findOne({ _id: input.campaign, opened_at: { $ne: null } });
  if (!viewer || campaign?.state !== "OPEN") {
    return { __typename: "WrongState", code: "WRONG_STATE", message: "It takes no support now." };
  }
  await requireReader(viewer, campaign.space);
  const { _id: id, space } = campaign;
  const at = new Date();
  const counter = await counters.findOneAndUpdate(
    { _id: "events" }, { $inc: { value: 1 } }, { returnDocument: "after" },
  );
  const made = {
    _id: `ctb_${randomBytes(16).toString("hex")}`, campaign: id, space, supporter: viewer.user,
    kind: "MONEY", amount: input.amount, currency: input.currency, tier: null, rank: 0,
    anonymous: false, message: "", state: "CONFIRMED", provider: input.provider, reference: null,
    sequence: 1_000, round: 1, reason: null, asked: null, due_at: null, attempts: 0,
    created_at: at, updated_at: at, version: 1,
  };
  const event = {
    _id: counter.value, type: "contribution.made", space, subject: made._id, actor: null, at,
    recorded_at: at, within: id, to: [viewer.user], after: { state: "CONFIRMED" },
  };
  const entry = {
    _id: counter.value * 1_000, campaign: id, space, kind: "MONEY", currency: input.currency,
    debit: "provider:HELD", credit: "supporter:OWN", amount: input.amount, cause: "CONFIRMED",
    contribution: made._id, expense: null, at,
  };
  const number = [...Buffer.from(viewer.user)].reduce((sum, byte) => sum + byte, 0) % GATES;
  const rights = { campaign: id, user: viewer.user, rank: 0, rights: RIGHTS };
  await client.withSession((session) =>
    session.withTransaction(async () => {
      const gate = { _id: `${id}:${number}`, open: true };
      const passed = await gates.updateOne(gate, { $inc: { passed: 1 } }, { session });
      if (passed.matchedCount !== 1) throw new Error("It takes no support now.");
      await contributions.insertOne(made, { session });
      const before = await levels.findOneAndUpdate(
        { _id: `${id}:${viewer.user}` }, { $set: rights }, { upsert: true, session },
      );
      const fresh = before === null ? 1 : 0;
      await ledger.insertOne({ ...entry, supporters: fresh }, { session });
      const more = {
        "progress.MONEY.counted": input.amount, "progress.MONEY.supporters": fresh,
      };
      await campaigns.updateOne({ _id: id }, { $inc: more }, { session });
      await events.insertOne(event, { session });
    }),
  );
  return {
    __typename: "Contribution",
    id: made._id,
    amount: made.amount,
    currency: made.currency,
    state: made.state,
    createdAt: at,
  };
}
