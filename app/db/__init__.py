"""What is remembered: documents and queries; the only room that speaks MongoDB."""
