"""The web: GraphQL over HTTP, WebSocket and server-sent events, and a few plain pages."""
