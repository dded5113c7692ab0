"""`certmgr ca`: the certificate authorities."""

from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.ca_changes import complete, import_, new_issuing, request
from certmgr.cli.ca_export import export
from certmgr.cli.ca_revoke import revoke
from certmgr.cli.groups import NounGroup
from certmgr.cli.invocation import invocation
from certmgr.errors import NotFoundError

if TYPE_CHECKING:
    from certmgr.models.authorities import Authority
    from certmgr.queries.authority_facts import AuthorityFacts
    from certmgr.workspace import Workspace

SCHEMA = "certmgr.authorities/1"
LIST_EPILOG = """\b
Example:
  certmgr ca list
"""
SHOW_EPILOG = """\b
Examples:
  certmgr ca show
  certmgr ca show root --text
  certmgr ca show issuing-2026-1 --json
"""
PURPOSES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}


@click.group("ca", cls=NounGroup, no_args_is_help=True)
def command() -> None:
    """Show, export and add certificate authorities: the root, and the issuing CAs under it."""


@command.command("list", epilog=LIST_EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, as_json: bool) -> None:
    """List every CA, the roots first."""
    from certmgr.queries import authorities  # noqa: PLC0415 - loads the store

    workspace = invocation().workspace()
    found = authorities.every(workspace)
    if as_json:
        printer.document(SCHEMA, authorities=[_as_json(one, workspace) for one in found])
        return
    rows = [
        [
            one.slug,
            one.role,
            one.status if one.has_key else "external",
            f"{one.not_after:%Y-%m-%d}" if one.certificate else "-",
            one.key_type,
            one.subject,
        ]
        for one in found
    ]
    printer.table(["NAME", "ROLE", "STATUS", "NOT AFTER", "KEY", "SUBJECT"], rows)


@command.command("show", epilog=SHOW_EPILOG)
@click.argument("authority", metavar="[CA]", required=False)
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--pem", "form", flag_value="pem", help="Print the certificate as PEM.")
@click.option("--text", "form", flag_value="text", help="Print what the certificate itself says, field by field.")
def show(authority: str | None, form: str | None) -> None:
    """Show CA: root, issuing or the short name of one; without a name every CA that signs."""
    workspace = invocation().workspace()
    found = _named(workspace, authority)
    if form == "json":
        printer.document(SCHEMA, authorities=[_as_json(one, workspace) for one in found])
        return
    for at, one in enumerate(found):
        if form in {"pem", "text"}:
            _print_certificate(one, form)
        else:
            if at:
                printer.data("")
            _print(one, workspace)


def _named(workspace: "Workspace", name: str | None) -> "tuple[Authority, ...]":
    from certmgr.models.authorities import AuthorityStatus  # noqa: PLC0415
    from certmgr.queries import authorities  # noqa: PLC0415

    if name is not None:
        return (authorities.named(workspace, name),)
    return tuple(one for one in authorities.every(workspace) if one.status is not AuthorityStatus.RETIRED)


def _print_certificate(one: "Authority", form: str | None) -> None:
    from certmgr.pki import export as encode  # noqa: PLC0415 - loads cryptography
    from certmgr.pki import inspect  # noqa: PLC0415

    if not one.certificate:
        raise NotFoundError(f"{one.slug} waits for its certificate.", hint="See `certmgr ca request`.")
    if form == "pem":
        printer.raw(encode.pem(one.certificate))
    else:
        for line in inspect.describe(one.certificate).lines():
            printer.data(line)


def _print(one: "Authority", workspace: "Workspace") -> None:
    from certmgr.queries.authority_facts import facts  # noqa: PLC0415 - loads cryptography

    found = facts(workspace, one)
    lines = [
        ("CA", f"{one.slug} ({one.role}, {one.status})"),
        ("Subject", one.subject),
        ("Signed by", found.parent.slug if found.parent else "itself" if one.certificate else "nobody yet"),
        ("Valid", f"{one.not_before:%Y-%m-%d} to {one.not_after:%Y-%m-%d}" if one.certificate else "-"),
        ("Serial", one.serial or "-"),
        ("SHA-256", one.sha256 or "-"),
        ("Key", one.key_type if one.has_key else f"{one.key_type}, not here"),
        ("Opened by", ", ".join(found.holders) or "-"),
        *_limit_lines(found),
    ]
    if found.crl is not None:
        seen = "" if found.crl.published_at else ", not yet seen by relying parties"
        lines.append(("CRL", f"number {found.crl.number}, until {found.crl.next_update:%Y-%m-%d %H:%M} UTC{seen}"))
    for name, value in lines:
        printer.data(f"{name + ':':<11} {value}")


def _limit_lines(found: "AuthorityFacts") -> list[tuple[str, str]]:
    """Return what the certificate limits, in words."""
    limits = found.limits
    if limits is None:
        return []
    names = ", ".join(limits.zones) if limits.constrained else "not limited"
    networks = ", ".join(map(str, limits.networks)) or "none" if limits.constrained else "not limited"
    purposes = "not limited" if found.purposes is None else ", ".join(PURPOSES.get(one, one) for one in found.purposes)
    return [("Zones", names), ("Networks", networks), ("Purposes", purposes)]


def _as_json(one: "Authority", workspace: "Workspace") -> dict[str, Any]:
    """Return the CA as an element of `certmgr.authorities/1`; absent is null."""
    from certmgr.cli.certificate_json import moment  # noqa: PLC0415
    from certmgr.queries.authority_facts import facts  # noqa: PLC0415

    found = facts(workspace, one)
    limits, state = found.limits, found.crl
    return {
        "name": one.slug,
        "role": one.role,
        "status": one.status,
        "subject": one.subject,
        "serial": one.serial,
        "sha256": one.sha256 or None,
        "spki_sha256": one.spki_sha256,
        "key": one.key_type,
        "has_key": one.has_key,
        "holders": list(found.holders),
        "not_before": moment(one.not_before) if one.certificate else None,
        "not_after": moment(one.not_after) if one.certificate else None,
        "signed_by": found.parent.slug if found.parent else None,
        "constrained": None if limits is None else limits.constrained,
        "zones": None if limits is None else list(limits.zones),
        "networks": None if limits is None else [str(network) for network in limits.networks],
        "purposes": None if found.purposes is None else [PURPOSES.get(one, one) for one in found.purposes],
        "crl": None
        if state is None
        else {
            "number": state.number,
            "this_update": moment(state.this_update),
            "next_update": moment(state.next_update),
            "published_at": moment(state.published_at),
        },
    }


for _verb in (export, new_issuing, request, complete, import_, revoke):
    command.add_command(_verb)
