"""`certmgr profile`: the profiles that certificates are issued under."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import NotFoundError

if TYPE_CHECKING:
    from certmgr.models.profiles import Profile

EPILOG = """\b
Examples:
  certmgr profile list
  certmgr profile show server --json
"""
SCHEMA = "certmgr.profiles/1"


@click.group("profile", cls=NounGroup, epilog=EPILOG, no_args_is_help=True)
def command() -> None:
    """Show the profiles that certificates are issued under; they stand in certmgr.toml."""


@command.command("list", epilog=EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List the profiles."""
    profiles = invocation().workspace().config.profiles.values()
    if as_json:
        printer.document(SCHEMA, profiles=[_document(one) for one in profiles])
        return
    rows = [
        [
            *(one.name, str(one.days), str(one.max_days), one.key_types[0].value),
            *(_yes(value=one.wildcard), _yes(value=one.ip)),
        ]
        for one in profiles
    ]
    printer.table(["PROFILE", "DAYS", "AT MOST", "KEY", "WILDCARD", "ADDRESS"], rows, right=[1, 2])


@command.command("show", epilog=EPILOG)
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, name: str, as_json: bool) -> None:
    """Show every limit of the profile NAME."""
    profiles = invocation().workspace().config.profiles
    if name not in profiles:
        raise NotFoundError(f"There is no profile {name[:80]!r}.", hint=f"The profiles are: {', '.join(profiles)}.")
    found = _document(profiles[name])
    if as_json:
        printer.document(SCHEMA, profiles=[found])
        return
    for key, value in found.items():
        text = ", ".join(value) if isinstance(value, list) else _yes(value=value) if isinstance(value, bool) else value
        printer.data(f"{key + ':':<14}{text if text is not None else '-'}")


def _document(one: "Profile") -> dict[str, Any]:
    return {
        "name": one.name,
        "key_types": [kind.value for kind in one.key_types],
        "days": one.days,
        "max_days": one.max_days,
        "wildcard": one.wildcard,
        "ip": one.ip,
        "inventory_ip": one.inventory_ip,
        "client_auth": one.client_auth,
        "reuse_key": one.reuse_key,
        "common_name": one.common_name,
        "authority": one.authority,
    }


def _yes(*, value: bool) -> str:
    return "yes" if value else "no"
