"""Who acts: operators, their roles, and the actor that the journal names."""

from datetime import datetime
from enum import StrEnum

from certmgr.records import dataclass


class Role(StrEnum):
    """What a slot may do (DETAILS: keys and slots)."""

    ADMINISTRATOR = "administrator"
    OFFICER = "officer"
    REQUESTER = "requester"
    AUDITOR = "auditor"
    MACHINE = "machine"
    RECOVERY = "recovery"
    """An administrator's second way in: words on paper, used when the passphrase is lost."""


class Permission(StrEnum):
    """One thing that a role may or may not do."""

    ISSUE = "issue"
    APPLY = "apply"
    DECIDE_APPLICATION = "decide-application"
    MANAGE_SERVERS = "manage-servers"
    RUN_CAMPAIGNS = "run-campaigns"
    REQUEST_REVOCATION = "request-revocation"
    VERIFY_REVOCATION = "verify-revocation"
    CARRY_OUT_REVOCATION = "carry-out-revocation"
    PUBLISH = "publish"
    SEND_NOTICES = "send-notices"
    BACK_UP = "back-up"
    ADMINISTER = "administer"


ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.RECOVERY: frozenset(Permission),
    Role.OFFICER: frozenset(Permission) - {Permission.ADMINISTER},
    Role.MACHINE: frozenset(
        {
            Permission.ISSUE,
            Permission.APPLY,
            Permission.MANAGE_SERVERS,
            Permission.REQUEST_REVOCATION,
            Permission.CARRY_OUT_REVOCATION,
            Permission.PUBLISH,
            Permission.SEND_NOTICES,
            Permission.BACK_UP,
        }
    ),
    Role.REQUESTER: frozenset({Permission.APPLY, Permission.REQUEST_REVOCATION}),
    Role.AUDITOR: frozenset(),
}
"""The machine verifies no revocation and decides on no application: that is a person's word (DETAILS 3)."""

SIGNING_ROLES = frozenset({Role.ADMINISTRATOR, Role.RECOVERY, Role.OFFICER, Role.MACHINE})
"""Roles whose slots may open an issuing CA's key; the root's opens to administrator and recovery only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A slot on record."""

    name: str
    role: Role
    created_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who a journal entry names: the slot, and the system's word on who ran the program."""

    name: str
    role: Role
    os_uid: int
    login_uid: int | None = None
