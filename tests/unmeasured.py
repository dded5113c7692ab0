"""A process that is looked at itself is not measured for coverage: the measuring loads libraries of its own."""

import os


def unmeasured_environment() -> dict[str, str]:
    """Return the environment without what makes a Python process measure its coverage."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
