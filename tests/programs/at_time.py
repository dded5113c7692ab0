"""`certmgr` on another clock than the system's: python at_time.py MOMENT WORD ...

MOMENT is ISO 8601 with a time zone; the clock stands still at it. What a test made on a clock of its own is run at that
clock's time: on the system's clock the certificates may have ended, or the journal be of tomorrow.
"""

import sys
from datetime import datetime
from functools import partial

from certmgr import workspace
from certmgr.cli import main

if __name__ == "__main__":
    _, moment, *words = sys.argv
    clock = partial(datetime.fromisoformat, moment)
    # Before a command imports them.
    setattr(workspace, "utc_now", clock)  # noqa: B010 - a constant for everybody else
    setattr(workspace, "open_workspace", partial(workspace.open_workspace, clock=clock))  # noqa: B010 - the same
    main(words)
