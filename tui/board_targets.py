"""Where enter leads from each block of the dashboard: to the list of what its heading counts. Pure."""

from typing import TYPE_CHECKING

from certmgr.commitments import Kind
from certmgr.filters import MAX_FILTER
from tui.values.dashboard import Block, Board, Target

if TYPE_CHECKING:
    from certmgr.queries.overview import Due, Overview

_TARGETS = {
    Block.PROMISES: Target(place="revocations"),
    Block.EXPIRY: Target(place="certificates", filter_text="days>=0 days<=90 state:valid,due,held"),
    Block.AUTHORITIES: Target(place="authorities"),
    Block.JOBS: Target(place="doctor"),
    Block.WAITING: Target(place="applications"),
    Block.FAILURES: Target(place="servers"),
    Block.CERTIFICATES: Target(place="certificates"),
}


def target(block: Block, board: Board) -> Target:
    """Return where enter leads from a block: to what needs somebody there, else to the screen behind it."""
    overview = board.overview
    if block is Block.WAITING and not (overview and overview.applications):
        if board.requests:
            return Target(place="revocations")
        if overview and overview.unaccepted:
            return Target(place="certificates", filter_text="state:unaccepted")
    if block is Block.FAILURES and overview:
        return _to_failures(overview)
    if block is Block.PROMISES and overview and overview.promises:
        return _to_promise(overview.promises[0])
    if block is Block.EXPIRY and board.endings and board.endings.expired and not board.endings.total:
        return Target(place="certificates", filter_text=f"state:expired days>=-{board.endings.expired_days}")
    return _TARGETS[block]


def _to_promise(one: "Due") -> Target:
    """Return where the promise that is due first is kept."""
    match one.commitment.kind:
        case Kind.RELEASE_HOLD | Kind.DECIDE_HOLD:
            return Target(place="certificates", filter_text="state:held")
        case Kind.FOLLOW_CHANGE:
            return Target(place="servers", filter_text=one.subject)
        case Kind.FINISH_CAMPAIGN:
            return Target(place="campaigns")
        case _:
            return Target(place="revocations")


def _to_failures(overview: "Overview") -> Target:
    """Return the list of what fails: by name where a filter can name them all."""
    kinds = {one.subject.partition(":")[0] for one in overview.failing}
    servers = sorted({one.server for one in overview.failing if one.server})
    all_read = overview.failing_number == len(overview.failing)
    if not kinds and overview.notices_trying + overview.notices_given_up:
        return Target(place="notices", filter_text="" if overview.notices_trying else "given-up")
    if kinds == {"renewal"}:
        names = f"server:{','.join(servers)}"
        named = all_read and servers and len(names) <= MAX_FILTER
        return Target(place="certificates", filter_text=names if named else "state:due")
    return Target(place="servers", filter_text=servers[0] if all_read and len(servers) == 1 else "")
