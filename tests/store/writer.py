"""A process that writes to a store, for the tests of several at once: `writer.py PATH NAME COUNT MODE`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from certmgr.models.operators import Actor, Role
from certmgr.store import meta
from certmgr.store.connection import open_store


def main() -> None:
    """Write COUNT times: a counter read, raised by one and written back, and an entry each."""
    path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    actor = Actor(name=name, role=Role.MACHINE, os_uid=0)
    sys.stdin.read(1)
    store = open_store(path, clock=lambda: datetime.now(UTC), create=True, busy_timeout_s=60)
    for number in range(count):
        with store.write(actor) as tx:
            value = int(meta.get(tx, "counter") or 0)
            meta.set(tx, "counter", str(value + 1))
            tx.record("counter.raised", f"counter:{name}", {"number": number})
    store.close()


if __name__ == "__main__":
    main()
