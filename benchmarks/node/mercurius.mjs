// Mercurius with its compiler switched on, and its own loaders.
import Fastify from "fastify";
import mercurius from "mercurius";
import { findViewer } from "./data.mjs";
import { references, resolvers, typeDefs } from "./schema.mjs";

const loaders = {};
for (const [type, fields] of Object.entries(references)) {
  loaders[type] = {};
  for (const [field, batch] of Object.entries(fields)) {
    loaders[type][field] = {
      loader: (queries, context) =>
        batch(queries.map((query) => query.obj), queries[0].params, context),
      opts: { cache: false },
    };
  }
}

// Here, what says a type's name is called otherwise.
const named = Object.fromEntries(
  Object.entries(resolvers).map(([type, fields]) => [
    type,
    fields.__resolveType ? { resolveType: fields.__resolveType } : fields,
  ]),
);

const app = Fastify({ keepAliveTimeout: 60_000 });
await app.register(mercurius, {
  schema: typeDefs,
  resolvers: named,
  loaders,
  jit: 1,
  context: async (request) => ({ viewer: await findViewer(request.headers.authorization) }),
});
await app.listen({ port: 0, host: "127.0.0.1" });
console.log(app.server.address().port);
