"""The servers: the list, one of them, what they serve, and what is recorded of them."""

from collections.abc import Callable

from certmgr import commitments, lifecycle
from certmgr.models.certificates import ServerId
from certmgr.models.servers import Server
from certmgr.operations import servers as operations
from certmgr.queries import servers as queries
from certmgr.queries.deployments import DeploymentState
from certmgr.store.server_listing import Place
from tui.backend.core import Core
from tui.backend.keyset import Keyset
from tui.values.servers import DeployedAt, Edit, Edited, LineMember, Seen, ServerDetail, ServerRow
from tui.viewport import PAGE
from tui.views import Count, Page, Query, Tally

STOP_AT = 10_000
"""Counting stops here (DETAILS 60)."""


class Servers(Keyset[ServerRow]):
    """Every server on record."""

    def __init__(self, core: Core) -> None:
        """Read and act in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def read(self, query: Query, after: ServerRow | None, *, inclusive: bool, backwards: bool) -> Page[ServerRow]:
        """Return the servers beyond `after` in the given direction."""
        beyond = None if after is None else Place(id=ServerId(after.id), name=after.name, owner=after.owner)
        found = queries.page(
            self._workspace,
            query.filter_text,
            retired=query.show_hidden,
            sort=query.sort or "server",
            descending=query.descending is not backwards,
            beyond=beyond,
            inclusive=inclusive,
            limit=PAGE + 1,
        )
        return Page(rows=tuple(self._row(one) for one in found[:PAGE]), complete=len(found) <= PAGE)

    def tally(self, query: Query) -> Tally:
        """Return how many match, how many there are without the filter, and how many are out of service."""
        shown = None if query.show_hidden else False
        matching = self._count(query.filter_text, retired=shown)
        total = self._count("", retired=shown) if query.filter_text else matching
        hidden = Count(number=0) if query.show_hidden else self._count(query.filter_text, retired=True)
        return Tally(matching=matching, total=total, hidden=hidden)

    def detail(self, server: int) -> ServerDetail:
        """Return everything on record about one server; raises NotFoundError."""
        now, zone = self._core.now(), self._workspace.zone
        found = queries.get(self._workspace, queries.name_of(self._workspace, ServerId(server)))
        serials = {one.id: one.serial for one in found.line}
        newest = found.newest or next(iter(found.line), None)
        return ServerDetail(
            server=found.server,
            contact=found.contact,
            confirmation=found.confirmation,
            zone=zone,
            state=lifecycle.state_of(newest, now) if newest else None,
            revoking=bool(newest and newest.revoking),
            line=tuple(
                LineMember(
                    certificate=one,
                    state=lifecycle.state_of(one, now),
                    replaces=serials.get(one.replaces_id, "") if one.replaces_id else "",
                )
                for one in found.line
            ),
            promises=tuple((one, commitments.status(one, now)) for one in found.commitments),
            deployments=tuple(_deployed(one) for one in found.deployments),
            history=found.history,
        )

    def verify(self, server: int, each: Callable[[Seen], None]) -> tuple[Seen, ...]:
        """Look at each endpoint of the server, call `each` with what it shows, and return all; records nothing.

        Raises NotFoundError where there is no endpoint to look at.
        """
        name = queries.name_of(self._workspace, ServerId(server))
        seen = []
        for one in queries.verify(self._workspace, name):
            ours = one.certificate
            what = f"{ours.server} serial {ours.serial}" if ours else one.subject
            found = Seen(
                endpoint=str(one.endpoint),
                served=one.served.value,
                well=one.is_well,
                what=what,
                problems=one.problems,
            )
            each(found)
            seen.append(found)
        return tuple(seen)

    def edit(self, seen: Server, wanted: Edit) -> Edited:
        """Record what is to be different from `seen`; raises what the operation raises where it refuses."""
        facts = operations.Facts(
            owner=wanted.owner, purpose=wanted.purpose, contact=wanted.contact, auto_renew=wanted.auto_renew
        )
        done = operations.edit(self._workspace, self._core.session(), name=seen.name, facts=facts, seen=seen)
        days = self._workspace.config.application.change_days
        return Edited(changed=done.changed, follow_up_days=days if done.follow_up else None)

    def confirm(self, name: str, reason: str) -> None:
        """Record that the certificate does not say what changed; raises what the operation raises."""
        operations.confirm(self._workspace, self._core.session(), name=name, reason=reason)

    def retire(self, name: str, confirm: str) -> tuple[str, ...]:
        """Take the server out of service, and return the serials of its certificates that are still good."""
        live = operations.retire(self._workspace, self._core.session(), name=name, confirm=confirm)
        return tuple(one.serial for one in live)

    def _row(self, line: queries.ServerLine) -> ServerRow:
        now, newest = self._core.now(), line.newest
        return ServerRow(
            id=line.server.id,
            name=line.server.name,
            owner=line.server.owner,
            purpose=line.server.purpose,
            auto_renew=line.server.auto_renew,
            retired=line.server.retired_at is not None,
            state=lifecycle.state_of(newest, now) if newest else None,
            revoking=bool(newest and newest.revoking),
            days=lifecycle.days_left(newest.not_after, now, self._workspace.zone) if newest else None,
            not_after=newest.not_after.astimezone(self._workspace.zone) if newest else None,
            standings=tuple(one.value for one in line.standings),
            due=line.change_due,
        )

    def _count(self, text: str, *, retired: bool | None) -> Count:
        number = queries.count(self._workspace, text, retired=retired, stop_at=STOP_AT)
        return Count(number=number, capped=number >= STOP_AT)


def _deployed(found: DeploymentState) -> DeployedAt:
    one = found.deployment
    folder = str(one.installation) if one.installation else ""
    endpoint = str(one.endpoint) if one.endpoint else ""
    return DeployedAt(
        id=one.id,
        place=" at ".join(part for part in (folder, endpoint) if part),
        standing=found.standing.value,
        wanted=found.wanted.serial if found.wanted else "",
        held=found.held.serial if found.held else "",
        seen_at=one.seen_at,
        problem=found.problem,
        next_at=found.installs.next_at if found.installs else None,
    )
