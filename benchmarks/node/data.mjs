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
const [users, sessions, spaces, memberships, series, alerts, events, counters] = [
  "users", "sessions", "spaces", "memberships", "series", "alerts", "events", "counters",
].map((name) => db.collection(name));

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

const shownSeries = (row) => ({
  __typename: "Series",
  id: row._id,
  key: row.key,
  name: row.name,
  unit: row.unit,
  subject: row.subject,
  tags: row.tags,
  count: row.count,
  lastAt: row.last_at,
  lastValue: row.last_value,
  createdAt: row.created_at,
  space: row.space,
});

const byId = (rows) => new Map(rows.map((row) => [row._id, row]));

export async function findSeries(viewer, id) {
  const row = await series.findOne({ _id: id });
  if (!row) return null;
  await requireReader(viewer, row.space);
  return shownSeries(row);
}

export async function manySeries(viewer, ids) {
  const found = byId(await series.find({ _id: { $in: [...new Set(ids)] } }).toArray());
  for (const space of new Set([...found.values()].map((row) => row.space))) {
    await requireReader(viewer, space);
  }
  return ids.map((id) => (found.has(id) ? shownSeries(found.get(id)) : null));
}

export async function manyUsers(ids) {
  const wanted = [...new Set(ids)];
  const found = byId(await users.find({ _id: { $in: wanted } }).project({ name: 1 }).toArray());
  return ids.map((id) => {
    const user = found.get(id);
    return user ? { id: user._id, name: user.name } : null;
  });
}

export async function latestObservations(viewer, parents, first) {
  for (const space of new Set(parents.map((parent) => parent.space))) {
    await requireReader(viewer, space);
  }
  const found = await latest(series, parents, "observations", "series", "at", first);
  return parents.map(({ id }) => ({ nodes: found.get(id) ?? [] }));
}

export async function newestMembers(viewer, parents, first) {
  for (const parent of parents) {
    if (!viewer?.roles.has(parent.id)) throw new Error("This asks for membership of the space.");
  }
  const found = await latest(spaces, parents, "memberships", "space", "created_at", first);
  return parents.map(({ id }) => ({ nodes: found.get(id) ?? [] }));
}

async function latest(collection, parents, from, foreignField, by, first) {
  const pipeline = [{ $sort: { [by]: -1, _id: -1 } }, { $limit: first }];
  const rows = await collection
    .aggregate([
      { $match: { _id: { $in: parents.map((parent) => parent.id) } } },
      { $project: { _id: 1 } },
      { $lookup: { from, localField: "_id", foreignField, pipeline, as: "found" } },
    ])
    .toArray();
  return new Map(rows.map((row) => [row._id, row.found]));
}

export async function listAlerts(viewer, space, first) {
  await requireReader(viewer, space);
  const rows = await alerts
    .find({ space })
    .sort({ opened_at: -1, _id: -1 })
    .limit(first)
    .toArray();
  return {
    nodes: rows.map((row) => ({
      id: row._id,
      status: row.status,
      severity: row.severity,
      openedAt: row.opened_at,
      openedValue: row.opened_value,
      acknowledgedBy: row.acknowledged_by,
      series: row.series,
    })),
  };
}

export async function listSpaces(viewer, first) {
  const mine = viewer ? [...viewer.roles.keys()] : [];
  const rows = await spaces
    .find({
      $or: [
        { openness: { $in: ["OPEN", "MEMBERS"] } },
        { openness: "HIDDEN", _id: { $in: mine } },
      ],
    })
    .sort({ created_at: -1, _id: -1 })
    .limit(first)
    .toArray();
  return {
    nodes: rows.map((row) => ({
      id: row._id,
      name: row.name,
      model: row.model,
      openness: row.openness,
      createdAt: row.created_at,
    })),
  };
}

export async function listSeries(viewer, space, first, after) {
  await requireReader(viewer, space);
  const conditions = [{ space }];
  if (after) {
    const [{ t }, id] = JSON.parse(Buffer.from(after, "base64url").toString());
    const at = new Date(t);
    conditions.push({
      $or: [{ created_at: { $lt: at } }, { created_at: at, _id: { $lt: id } }],
    });
  }
  const rows = await series
    .find({ $and: conditions })
    .sort({ created_at: -1, _id: -1 })
    .limit(first)
    .batchSize(first + 1)
    .toArray();
  return { nodes: rows.map(shownSeries) };
}

export async function createSeries(viewer, input) {
  const space = await findSpace(input.space);
  if (!space || rank(viewer, space) < RANKS.MODERATOR) {
    return { __typename: "NotAllowed", code: "NOT_ALLOWED", message: "Moderators only." };
  }
  const at = new Date();
  const row = {
    _id: `ser_${randomBytes(16).toString("hex")}`, space: space._id, key: input.key,
    name: input.name, unit: input.unit, subject: null, place: null, tags: [],
    expected_every_seconds: null, late_tolerance_seconds: 86_400, last_at: null,
    last_value: null, count: 0, no_data_after_seconds: null, no_data_due_at: null,
    created_by: viewer.user, created_at: at, version: 1,
  };
  const counter = await counters.findOneAndUpdate(
    { _id: "events" }, { $inc: { value: 1 } }, { returnDocument: "after" },
  );
  const event = {
    _id: counter.value, type: "series.created", space: space._id, subject: row._id,
    actor: viewer.user, at, recorded_at: at,
  };
  await client.withSession((session) =>
    session.withTransaction(async () => {
      await series.insertOne(row, { session });
      await events.insertOne(event, { session });
    }),
  );
  return shownSeries(row);
}
