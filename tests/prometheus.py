"""A strict reader of Prometheus's text format, version 0.0.4, for tests: what it does not know is an error."""

import re
from dataclasses import dataclass, field

_SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?P<labels>.*)\})? (?P<value>-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]+)?)"
)
_LABEL = re.compile(r'(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?P<value>(?:[^"\\\n]|\\["\\n])*)"(?P<end>,|$)')
_ESCAPED = re.compile(r'\\(["\\n])')

Labels = tuple[tuple[str, str], ...]


@dataclass
class Metric:
    """A family as it was read."""

    kind: str
    help: str
    samples: dict[Labels, float] = field(default_factory=dict)


def parse(text: str) -> dict[str, Metric]:
    """Return the families by name; raises ValueError for anything that is not as the format says.

    Every family has a HELP and then a TYPE line before its samples, which follow each other; no sample stands twice;
    the text ends with a line feed.
    """
    if not text.endswith("\n"):
        raise ValueError("the text does not end with a line feed")
    found: dict[str, Metric] = {}
    helped: tuple[str, str] | None = None
    current = ""
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, told = line.removeprefix("# HELP ").partition(" ")
            if name in found or not told or re.search(r"\\[^\\n]", told.replace("\\\\", "")):
                raise ValueError(f"a HELP that does not hold: {line}")
            helped = (name, told)
        elif line.startswith("# TYPE "):
            name, _, kind = line.removeprefix("# TYPE ").partition(" ")
            if helped is None or helped[0] != name or kind not in {"gauge", "counter"}:
                raise ValueError(f"a TYPE that does not hold: {line}")
            found[name], current, helped = Metric(kind=kind, help=helped[1]), name, None
        else:
            _read_sample(line, current, found)
    return found


def _read_sample(line: str, current: str, found: dict[str, Metric]) -> None:
    match = _SAMPLE.fullmatch(line)
    if match is None or match["name"] != current:
        raise ValueError(f"no sample of {current}: {line}")
    labels = _read_labels(match["labels"])
    if labels in found[current].samples:
        raise ValueError(f"a sample twice: {line}")
    found[current].samples[labels] = float(match["value"])


def _read_labels(text: str | None) -> Labels:
    labels: list[tuple[str, str]] = []
    at = 0
    while text is not None and at < len(text):
        match = _LABEL.match(text, at)
        if match is None or (match["end"] == "," and match.end() == len(text)):
            raise ValueError(f"labels that do not hold: {text}")
        labels.append((match["name"], _ESCAPED.sub(lambda one: "\n" if one[1] == "n" else one[1], match["value"])))
        at = match.end()
    if len(dict(labels)) != len(labels):
        raise ValueError(f"a label twice: {text}")
    return tuple(labels)
