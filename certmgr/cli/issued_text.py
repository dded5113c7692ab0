"""What the terminal says of a certificate that was just issued."""

from typing import TYPE_CHECKING

from certmgr.cli import printer

if TYPE_CHECKING:
    from certmgr.issuance import Issued


def print_issued(issued: "Issued", *, verb: str = "Issued") -> None:
    """Say what was issued, what was noticed and where the files are; the folder alone is data."""
    one = issued.prepared
    names = ", ".join([*one.order.dns, *(str(address) for address in one.order.ip)])
    printer.say(f"{verb} {one.order.server}: {names}")
    printer.say(f"  serial {one.spec.serial}, valid until {one.spec.not_after:%Y-%m-%d}")
    for item in one.notices:
        printer.say(f"  {item.severity}: {item.message}")
    if issued.folder is not None:
        printer.data(str(issued.folder))
