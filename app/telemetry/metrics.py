"""Figures for Prometheus: how much, how fast, how far behind."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from app.telemetry.durations import Durations

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Every figure of one server process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.operations = Durations(
            "fivefold_operation_seconds",
            "Time of an operation, by its kind and outcome.",
            ["kind", "outcome"],
            BUCKETS,
            self.registry,
        )
        self.executed = Counter(
            "fivefold_executions_total",
            "Operations and items of streams, by whether they were compiled or interpreted.",
            ["way"],
            registry=self.registry,
        )
        self.refused = Counter(
            "fivefold_refused_total",
            "Requests that were refused before execution, by code.",
            ["code"],
            registry=self.registry,
        )
        self.bugs = Counter(
            "fivefold_bugs_total", "Errors that nobody foresaw.", registry=self.registry
        )
        self.streams = Gauge(
            "fivefold_streams", "Live subscriptions that are open.", registry=self.registry
        )
        self.delivered = Counter(
            "fivefold_items_delivered_total",
            "Items handed to live subscriptions.",
            registry=self.registry,
        )
        self.log_position = Gauge(
            "fivefold_log_position",
            "How far this process has read the log.",
            registry=self.registry,
        )
        self.schedule_lag = Gauge(
            "fivefold_schedule_lag_seconds",
            "How long the last timed job took.",
            registry=self.registry,
        )

    def text(self) -> bytes:
        """Return every figure in Prometheus' text format."""
        return generate_latest(self.registry)
