"""`certmgr daemon run` with what a test cannot wait for or do from outside: python daemon_driver.py HOME SETTINGS.

SETTINGS is JSON: `days` sets the clock ahead; `offset_file` names a file with seconds that are added to it at each
look; `every_s` is the turn of both jobs; `patience_s` how long a check waits for another; `hung_s` when a job hangs;
`steps` makes the check consist of that many steps of `step_s` seconds (1), each written to `log` when it begins and
ends; `halt` names a function of issuance that says so in `log` and never returns; `break` makes one part of the check
fail as no part should.
"""

import json
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from certmgr import daemon, issuance
from certmgr.cli.crash import log_crash
from certmgr.errors import CertmgrError
from certmgr.models.steps import Step
from certmgr.operations import check
from certmgr.workspace import MachineCredential, Session, Workspace, open_workspace, utc_now


def main(home: Path, settings: dict[str, Any]) -> int:
    """Run the daemon as the command does; return its exit code."""

    def note(*words: object) -> None:
        with Path(settings["log"]).open("a", encoding="utf-8") as log:
            print(*words, file=log)

    def slow(_workspace: Workspace, _session: Session) -> Iterator[Step]:
        for number in range(settings["steps"]):
            note("begin", number)
            time.sleep(settings.get("step_s", 1))
            note("end", number)
            yield Step(what=f"Step {number}.", done=True)

    def broken(_workspace: Workspace, _session: Session) -> Iterator[Step]:
        yield Step(what=f"{1 // len(())}", done=True)

    def halt(*_arguments: object, **_options: object) -> None:
        note("halted")
        time.sleep(600)

    def clock() -> datetime:
        offset = float(Path(settings["offset_file"]).read_text("ascii")) if "offset_file" in settings else 0
        return utc_now() + timedelta(days=settings.get("days", 0), seconds=offset)

    vary(settings, slow=slow, broken=broken, halt=halt)
    voice = daemon.Voice(say=_tell, warn=_tell, crashed=lambda problem: log_crash(problem, ["--home", str(home)]))
    try:
        daemon.run(open_workspace(home, clock=clock), MachineCredential(), voice)
    except CertmgrError as problem:
        _tell(problem.message)
        return problem.exit_code
    return 0


def vary(settings: dict[str, Any], **functions: Any) -> None:  # noqa: ANN401 - three functions of three shapes
    """Put into the modules what the settings ask for."""
    if "every_s" in settings:
        every = timedelta(seconds=settings["every_s"])
        setattr(daemon, "CHECK_EVERY", every)  # noqa: B010 - a constant for everybody else
        setattr(daemon, "CLOCKS_EVERY", every)  # noqa: B010 - the same
    if "patience_s" in settings:
        setattr(daemon, "PATIENCE_S", settings["patience_s"])  # noqa: B010 - the same
    if "hung_s" in settings:
        setattr(daemon, "HUNG_S", settings["hung_s"])  # noqa: B010 - the same
    if "steps" in settings:
        parts = (check.Part(name="slow", due=functions["slow"], pending=lambda _workspace: iter(())),)
        setattr(check, "PARTS", parts)  # noqa: B010 - the same
    if settings.get("break"):
        part = check.Part(name="broken", due=functions["broken"], pending=lambda _workspace: iter(()))
        setattr(check, "PARTS", (part, *check.PARTS))  # noqa: B010 - the same
    if "halt" in settings:
        setattr(issuance, settings["halt"], functions["halt"])


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
