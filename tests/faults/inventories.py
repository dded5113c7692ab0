"""Inventories for the tests of faults."""

from pathlib import Path


def write_inventory(path: Path, prefix: str, lines: int) -> Path:
    """Write an inventory of `lines` servers, PREFIX0 and on; return `path`."""
    rows = [f"{prefix}{number},{prefix}{number}.egov.internal,,ops,,test" for number in range(lines)]
    path.write_text("\n".join(["server,dns,ip,owner,contact,purpose", *rows]) + "\n")
    return path
