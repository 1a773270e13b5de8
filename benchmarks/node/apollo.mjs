// Apollo Server, with a DataLoader to a reference.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import DataLoader from "dataloader";
import { findViewer } from "./data.mjs";
import { references, resolvers, typeDefs } from "./schema.mjs";

const loading = {};
for (const [type, fields] of Object.entries(references)) {
  loading[type] = {};
  for (const [field, batch] of Object.entries(fields)) {
    loading[type][field] = (parent, given, context) => {
      const key = `${type}.${field}(${JSON.stringify(given)})`;
      context.loaders[key] ??= new DataLoader((parents) => batch(parents, given, context), {
        cache: false,
      });
      return context.loaders[key].load(parent);
    };
  }
}

const server = new ApolloServer({
  typeDefs,
  resolvers: [resolvers, loading],
  introspection: false,
});
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: "127.0.0.1" },
  context: async ({ req }) => ({
    viewer: await findViewer(req.headers.authorization),
    loaders: {},
  }),
});
console.log(new URL(url).port);
