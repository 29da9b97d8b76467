"""/metrics: what Prometheus scrapes: the service as it stands, and the requests of this process."""

import time
from collections.abc import Iterator, Mapping
from typing import Final

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api.access import Services

BUCKETS_S: Final = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0)
_NO_ROUTE: Final = "none"
"""Instead of a path that somebody made up: labels must stay few."""


class Metrics:
    """Everything that can be scraped from one process."""

    def __init__(self, services: Services) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "telltale_requests", "Answers of the API", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "telltale_request_seconds",
            "From a request to its answer",
            ["route"],
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self.registry.register(_Standing(services))

    def page(self) -> Response:
        """Everything, in Prometheus' text format.

        Raises:
            UpstreamDown: the database cannot be read just now.
        """
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


class Measured:
    """ASGI middleware: counts and times every request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, and look at the clock."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.monotonic()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            route = _route(scope)
            self._metrics.requests.labels(_method(scope["method"]), route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(time.monotonic() - began_s)


class _Standing(Collector):
    """How everything stands, read when somebody asks."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """A family for each table of the README."""
        services = self._services
        yield _gauges("telltale_part_up", "1: this part of the service works", "part", _up(services.parts()))
        yield _gauges("telltale_vehicles", "Vehicles that were ever heard", "presence", services.fleet.census())
        yield _gauges("telltale_alerts_open", "Alerts that are not resolved", "severity", services.alerts.open_alerts())
        yield GaugeMetricFamily(
            "telltale_incidents_open", "Incidents that are not closed", services.alerts.open_incidents()
        )
        cases = services.workflow.open_cases()
        yield _gauges("telltale_cases_open", "Cases that are not ended", "state", cases)
        watch = services.security.watch
        yield _gauges(
            "telltale_findings_open", "Unusual behaviour that nobody has looked at", "severity", watch.open_findings()
        )
        lost = "Counts of activity that were lost while the database was away"
        yield GaugeMetricFamily("telltale_activities_dropped", lost, watch.dropped)
        yield _gauges(
            "telltale_deliveries", "What is told to whom, by how it stands", "state", services.notify.census()
        )
        counts = CounterMetricFamily("telltale_counts", "What /api/v1/counters counts", labels=["name"])
        for name, total in services.counts().items():
            counts.add_metric([name], total)
        yield counts


def add_metrics(app: FastAPI, services: Services) -> Metrics:
    """Measure every request of this application from now on."""
    metrics = Metrics(services)
    app.add_middleware(Measured, metrics=metrics)
    return metrics


def _up(parts: Mapping[str, str]) -> dict[str, float]:
    return {part: float(not reason) for part, reason in parts.items()}


def _gauges(name: str, says: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family


def _route(scope: Scope) -> str:
    """The path with the names of its parameters; a route knows only what lies behind the prefixes of its routers."""
    path = getattr(scope.get("route"), "path", None)
    if not path:
        return _NO_ROUTE
    prefix = scope["path"].split("/")[: -path.count("/")]
    return "/".join(prefix) + str(path)


def _method(method: str) -> str:
    return method if method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} else "other"
