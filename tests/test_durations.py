"""Durations tell Prometheus what its own histogram would."""

from prometheus_client import CollectorRegistry, Histogram, generate_latest

from app.telemetry.durations import Durations

BOUNDS = (0.001, 0.5, 1, 2.5, 10)
LABELS = ["kind", "outcome"]
SEEN = [
    ("query", "ok", 0.0),
    ("query", "ok", 0.001),  # a bound belongs to what lies below it
    ("query", "ok", 0.0011),
    ("query", "ok", 2.5),
    ("mutation", 'said "no"\n', 1.0),
    ("mutation", "ok", 10.5),
    ("mutation", "ok", 1e9),
]


def told(registry: CollectorRegistry) -> list[str]:
    """Return what a registry tells, without when it was made."""
    lines = generate_latest(registry).decode().splitlines()
    return sorted(line for line in lines if "_created" not in line)


def test_it_tells_what_prometheus_would() -> None:
    """Buckets, sums, counts, labels and their order; and nothing of what was never seen."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    durations = Durations("a_seconds", "Time.", LABELS, BOUNDS, ours)
    histogram = Histogram("a_seconds", "Time.", LABELS, buckets=BOUNDS, registry=theirs)
    assert told(ours) == told(theirs)
    for kind, outcome, seconds in SEEN:
        durations.observe((kind, outcome), seconds)
        histogram.labels(kind, outcome).observe(seconds)
    assert told(ours) == told(theirs)
    assert any('le="+Inf"' in line for line in told(ours))
