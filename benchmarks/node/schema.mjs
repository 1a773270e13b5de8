// The part of Fivefold's schema that the shapes ask for, and how it is resolved.
import { readFileSync } from "node:fs";
import { GraphQLScalarType } from "graphql";
import * as data from "./data.mjs";

export const typeDefs = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

export const resolvers = {
  DateTime: new GraphQLScalarType({
    name: "DateTime",
    serialize: (value) => value.toISOString(),
  }),
  Query: {
    node: (_, { id }, { viewer }) => data.findSeries(viewer, id),
    alerts: (_, { space, first }, { viewer }) => data.listAlerts(viewer, space, first),
    spaces: (_, { first }, { viewer }) => data.listSpaces(viewer, first),
    seriesIn: (_, { space, first, after }, { viewer }) =>
      data.listSeries(viewer, space, first, after),
  },
  Mutation: {
    createSeries: (_, { input }, { viewer }) => data.createSeries(viewer, input),
  },
  Node: { __resolveType: (value) => value.__typename },
  Error: { __resolveType: (value) => value.__typename },
  CreateSeriesResult: { __resolveType: (value) => value.__typename },
};

// References, gathered: for all parents of a level at once, with the arguments of the field.
export const references = {
  Alert: {
    acknowledgedBy: (parents) => data.manyUsers(parents.map((one) => one.acknowledgedBy)),
    series: (parents, _, { viewer }) =>
      data.manySeries(viewer, parents.map((one) => one.series)),
  },
  Series: {
    observations: (parents, { first }, { viewer }) =>
      data.latestObservations(viewer, parents, first),
  },
  Space: {
    members: (parents, { first }, { viewer }) => data.newestMembers(viewer, parents, first),
  },
  Membership: { user: (parents) => data.manyUsers(parents.map((one) => one.user)) },
};
