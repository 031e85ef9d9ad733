"""What a server counts, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_MANY = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters of one application."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "tszoo_requests", "Requests answered.", ["path", "status"], registry=registry
        )
        self._seconds = Histogram(
            "tszoo_request_seconds",
            "From a request's first line to its answer.",
            ["path"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._series = Counter("tszoo_series", "Series answered.", ["model"], registry=registry)
        self._together = Histogram(
            "tszoo_requests_together",
            "Requests that shared a forward pass.",
            buckets=_MANY,
            registry=registry,
        )
        self.waiting = Gauge(
            "tszoo_requests_waiting", "Requests that wait for an answer.", registry=registry
        )

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def computed(self, model: str, n_requests: int, n_series: int) -> None:
        """Count a forward pass."""
        self._together.observe(n_requests)
        self._series.labels(model).inc(n_series)

    def text(self) -> bytes:
        """Write all counters down."""
        return generate_latest(self._registry)
