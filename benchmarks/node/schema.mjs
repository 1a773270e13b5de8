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
  Amount: new GraphQLScalarType({ name: "Amount" }),
  Query: {
    campaign: (_, { id }, { viewer }) => data.findCampaign(viewer, id),
    campaigns: (_, { space, first, after }, { viewer }) =>
      data.listCampaigns(viewer, space, first, after),
  },
  Mutation: {
    contribute: (_, { input }, { viewer }) => data.contribute(viewer, input),
  },
  Node: { __resolveType: (value) => value.__typename },
  Error: { __resolveType: (value) => value.__typename },
  ContributionResult: { __resolveType: (value) => value.__typename },
};

// References, gathered: for all parents of a level at once, with the arguments of the field.
export const references = {
  Campaign: {
    owner: (parents) => data.manyUsers(parents.map((one) => one.owner)),
    contributions: (parents, { first }) => data.latestContributions(parents, first),
  },
  Contribution: { supporter: (parents) => data.manyUsers(parents.map((one) => one.supporter)) },
};
