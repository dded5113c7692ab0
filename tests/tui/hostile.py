"""Data that tries to act on a terminal or on the interface."""

from certmgr.models.certificates import CertificateId
from certmgr.models.operators import Actor, Role
from tests.home import HomeForTest

MARKUP = "[@click=app.quit]gotcha[/] [bold red]bold[/]"
TITLE = "\x1b]0;owned\x07"
CLEAR = "\x1b[2J\x9b31m"
BACKWARDS = "\u202egnp.exe\u2066"
LINES = "one\ntwo\rthree\x00\x7f\u2028four"
ALL = f"{MARKUP}{TITLE}{CLEAR}{BACKWARDS}{LINES}"


def poison(home: HomeForTest, certificate: CertificateId, text: str = ALL) -> None:
    """Put `text` into every field that holds free words, past every check, as a foreign store may hold it."""
    actor = Actor(name=text, role=Role.ADMINISTRATOR, os_uid=0)
    with home.workspace.store().write(actor) as tx:
        tx.change(
            "UPDATE certificate SET owner = ?, purpose = ?, note = ?, destination = ? WHERE id = ?",
            (text, text, text, text, certificate),
        )
        tx.record("certificate.poisoned", f"certificate:{certificate}", {})
