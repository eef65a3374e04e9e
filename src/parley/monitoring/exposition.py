"""Writes metrics in the text format of Prometheus. Pure.

The format is a page; prometheus-client, which tests read it with, would bring a registry of its own for each process.
"""

from collections.abc import Iterable, Mapping

from .metrics import Field, Metric

Values = Mapping[Field, float]
"""Labels, of a histogram also the bucket → value, as stored."""


def written(metrics: Iterable[tuple[Metric, Values]]) -> str:
    r"""Return the text of metrics.

    >>> print(written([(Metric("replies", "gauge", "Those that run.", ("state",)), {("pending",): 2})]), end="")
    # HELP parley_replies Those that run.
    # TYPE parley_replies gauge
    parley_replies{state="pending"} 2
    """
    return "".join(f"{line}\n" for metric, values in metrics for line in _lines(metric, values))


def _lines(metric: Metric, values: Values) -> Iterable[str]:
    name = f"parley_{metric.name}"
    yield f"# HELP {name} {metric.help}"
    yield f"# TYPE {name} {metric.kind}"
    width = len(metric.labels) + bool(metric.buckets)
    values = {field: value for field, value in values.items() if len(field) == width}  # another version has others
    if metric.buckets:
        for labels in sorted({field[:-1] for field in values}):
            yield from _histogram(metric, labels, values)
    else:
        for labels, value in sorted(values.items()):
            yield _sample(name, metric.labels, labels, value / metric.scale)


def _histogram(metric: Metric, labels: Field, values: Values) -> Iterable[str]:
    """Return the samples of one histogram, whose buckets include the smaller ones."""
    name, count = f"parley_{metric.name}", 0.0
    for bound in (*(f"{bucket:g}" for bucket in metric.buckets), "+Inf"):
        count += values.get((*labels, bound), 0)
        yield _sample(f"{name}_bucket", (*metric.labels, "le"), (*labels, bound), count)
    yield _sample(f"{name}_sum", metric.labels, labels, values.get((*labels, "sum"), 0) / metric.scale)
    yield _sample(f"{name}_count", metric.labels, labels, count)


def _sample(name: str, labels: tuple[str, ...], values: Field, value: float) -> str:
    pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in zip(labels, values, strict=True))
    return f"{name}{{{pairs}}} {_number(value)}" if pairs else f"{name} {_number(value)}"


def _number(value: float) -> str:
    """Return a number without loss.

    >>> _number(3.0), _number(0.25), _number(12345678901)
    ('3', '0.25', '12345678901')
    """
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
