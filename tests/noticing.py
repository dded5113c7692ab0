"""Homes that send notices: their configuration, and what is on record of what they sent."""

import re
from datetime import datetime
from pathlib import Path

from certmgr.config_literals import literal
from certmgr.models.notices import Kind, Notice
from certmgr.models.steps import Step
from certmgr.operations import notices
from certmgr.queries import notices as queries
from tests.clock import FakeClock
from tests.home import HomeForTest, open_home
from tests.net.mail_server import HOST, PASSWORD, USER, MailServer

OPERATOR = "ops@egov.internal"
CONTACT = "web@egov.internal"
SENDER = "certmgr@egov.internal"


def configure(home: HomeForTest, clock: FakeClock | None = None, **settings: object) -> HomeForTest:
    """Return the home with other values in its section [notices]; the one before is closed."""
    home.workspace.close()
    file = home.path / "certmgr.toml"
    head, start, rest = file.read_text().partition("[notices]\n")
    assert start
    section, following, tail = rest.partition("\n# What `certmgr scan`")
    for key, value in settings.items():
        line = f"# {key} = none" if value is None else f"{key} = {literal(value)}"
        line = line.replace("\\", r"\\")
        section, found = re.subn(rf"^(?:# )?{key} = .*$", line, section, count=1, flags=re.MULTILINE)
        assert found, key
    file.write_text(head + start + section + following + tail)
    folder = home.path.parent
    return open_home(folder, clock=clock) if clock is not None else open_home(folder)


def by_mail(home: HomeForTest, server: MailServer, clock: FakeClock | None = None, **settings: object) -> HomeForTest:
    """Return the home with the mail server configured, as the user, over verified TLS."""
    password = home.path.parent / "smtp.password"
    if not password.exists():
        password.touch(0o600)
        password.write_text(PASSWORD + "\n")
    facts: dict[str, object] = {
        "to": (OPERATOR,),
        "mail_from": SENDER,
        "smtp_host": HOST,
        "smtp_port": server.port,
        "smtp_ca": server.ca_file,
        "smtp_user": USER,
        "smtp_password_file": str(password),
        **settings,
    }
    return configure(home, clock, **facts)


def by_command(home: HomeForTest, clock: FakeClock | None = None, **settings: object) -> tuple[HomeForTest, Path]:
    """Return the home with a command that appends each notice to a file, a line each, and that file."""
    folder = home.path.parent
    told, program = folder / "told", folder / "notify"
    program.write_text(f"#!/bin/sh\ntr -d '\\n' >> {told}\necho >> {told}\n")
    program.chmod(0o700)
    told.touch()
    return configure(home, clock, command=(str(program),), **settings), told


def run(home: HomeForTest) -> list[Step]:
    """Do what is due about notices, as the machine; return the steps."""
    return list(notices.due(home.workspace, home.machine()))


def recorded(home: HomeForTest, kind: Kind | None = None) -> list[Notice]:
    """Return what is on record, the oldest first."""
    return [one for one in reversed(queries.every(home.workspace)) if kind in {None, one.kind}]


def change(home: HomeForTest, statement: str, *values: object) -> None:
    """Change what is on record as another noun's operation would."""
    with home.workspace.store().write(home.machine().actor) as tx:
        tx.change(statement, values)
        tx.record("test.changed", "test:1", {})


def at(text: str) -> datetime:
    """Return the moment of an ISO text."""
    return datetime.fromisoformat(text)
