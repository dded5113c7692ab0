"""`certmgr init`: make a home with a root CA and an issuing CA."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from certmgr.cli import printer
from certmgr.cli.invocation import ask_passphrase, invocation, read_passphrase_file
from certmgr.cli.recovery_text import check_recovery_file, show_recovery
from certmgr.errors import UsageError

if TYPE_CHECKING:
    from certmgr.custody.secrets import Secret
    from certmgr.founding import Draft
    from certmgr.operations.setup import MadeHome, Setup

EPILOG = """\b
Examples:
  certmgr init
  certmgr init --organisation 'Example City' --timezone Europe/Berlin --zone corp.example-city.internal \\
      --network 10.0.0.0/8 --crl-url http://pki.corp.example-city.internal/
  certmgr init --dry-run --organisation 'Example City' --zone city.internal --no-crl-url
"""


@click.command("init", epilog=EPILOG)
@click.option("--organisation", help="The organisation's name; it stands in both CA certificates.")
@click.option("--timezone", help="The organisation's time zone, such as Europe/Berlin; natural days are counted in it.")
@click.option("--zone", "zones", multiple=True, help="A DNS zone of the intranet, such as corp.internal (repeatable).")
@click.option(
    "--network", "networks", multiple=True, help="A network of the intranet, such as 10.0.0.0/8 (repeatable)."
)
@click.option("--attest", help="Who attests that a registered domain or a public network is internal, and why.")
@click.option("--root-zone", "root_zones", multiple=True, help="A further zone that the root allows for later CAs.")
@click.option("--root-network", "root_networks", multiple=True, help="A further network that the root allows.")
@click.option("--crl-url", help="The http address under which the published folder is served.")
@click.option("--no-crl-url", is_flag=True, help="Certificates name no CRL address; `doctor` keeps warning.")
@click.option("--issuer-url", help="The http address of the CA certificates (default: that of the CRLs).")
@click.option(
    "--fetch-url",
    "fetch_urls",
    multiple=True,
    help="Where a published CRL is fetched back from (default: the CRL address).",
)
@click.option("--publish-dir", help="The folder that relying parties fetch from; outside the home.")
@click.option("--policy-oid", help="The OID of the organisation's certificate policy.")
@click.option("--client-auth", is_flag=True, help="Let the issuing CA also certify for mutual TLS (clientAuth).")
@click.option("--root-days", type=int, help="The root's life in days (default: 3650).")
@click.option("--issuing-days", type=int, help="The issuing CA's life in days (default: 1095).")
@click.option("--root-key-type", help="The root's key type (default: ec-p384).")
@click.option("--issuing-key-type", help="The issuing CA's key type (default: ec-p256).")
@click.option("--operator", default="admin", show_default=True, help="The name of the first administrator's slot.")
@click.option("--passphrase-file", help="Read the administrator's passphrase from the first line of this file.")
@click.option("--second", help="The slot of a second administrator, in place of recovery words.")
@click.option("--second-passphrase-file", help="Read the second administrator's passphrase from this file.")
@click.option("--no-recovery", is_flag=True, help="No recovery words: who loses the passphrase loses the root.")
@click.option("--recovery-file", help="Write the recovery words to this new owner-only file in place of the terminal.")
@click.option("--machine-key", help="Where the machine's key file goes; outside the home.")
@click.option("--no-machine", is_flag=True, help="No machine slot: cron and scripts cannot issue or publish.")
@click.option("--external-root", is_flag=True, help="Make a CSR for a corporate root in place of a root.")
@click.option("--csr-out", help="Where the CSR of --external-root goes (default: standard output).")
@click.option("--dry-run", is_flag=True, help="Print both CA certificates and what cannot change later; write nothing.")
def command(**options: Any) -> None:  # noqa: ANN401 - one keyword an option, as click gives them
    """Make a home with a root CA and an issuing CA.

    On a terminal, what is not given is asked for. All of it is frozen for years in the CA certificates, so look at
    --dry-run first.
    """
    from certmgr.operations import setup as operation  # noqa: PLC0415 - loads cryptography
    from certmgr.workspace import utc_now  # noqa: PLC0415

    wanted = _setup(options)
    if options["dry_run"]:
        root, issuing = operation.rehearse(wanted, utc_now())
        _print_drafts([issuing] if wanted.external_root else [root, issuing])
        if wanted.external_root:
            printer.say("Only its CSR is made here; issuer and lifetime are the corporate root's to decide.")
        return
    check_recovery_file(options["recovery_file"])
    made = operation.initialise(wanted, clock=utc_now)
    _print_made(made, wanted, options)


def _setup(options: dict[str, Any]) -> "Setup":
    """Turn the options, and answers on the terminal, into a setup."""
    from certmgr.config_text import render  # noqa: PLC0415
    from certmgr.operations.setup import Setup  # noqa: PLC0415
    from certmgr.workspace import default_machine_key_file, find_home  # noqa: PLC0415

    home = find_home(invocation().home)
    _ask_missing(options)
    machine_key = None
    if not options["no_machine"]:
        machine_key = Path(options["machine_key"]).absolute() if options["machine_key"] else default_machine_key_file()
    text = render(
        organisation=options["organisation"],
        timezone=options["timezone"] or "UTC",
        zones=options["zones"],
        networks=options["networks"],
        attest=options["attest"],
        root_zones=options["root_zones"],
        root_networks=options["root_networks"],
        crl_url=options["crl_url"],
        issuer_url=options["issuer_url"] or options["crl_url"],
        fetch_urls=options["fetch_urls"],
        publish_directory=str(Path(options["publish_dir"] or f"{home}-public").absolute()),
        policy_oid=options["policy_oid"],
        client_auth=options["client_auth"],
        root_days=options["root_days"],
        issuing_days=options["issuing_days"],
        root_key_type=options["root_key_type"],
        issuing_key_type=options["issuing_key_type"],
        default_operator=options["operator"],
        machine_key=str(machine_key) if machine_key else None,
    )
    dry = options["dry_run"]
    return Setup(
        home=home,
        config_text=text,
        operator=options["operator"],
        passphrase=_passphrase(options["passphrase_file"], options["operator"], dry=dry),
        second=None
        if options["second"] is None
        else (options["second"], _passphrase(options["second_passphrase_file"], options["second"], dry=dry)),
        recovery=not options["no_recovery"] and options["second"] is None,
        machine_key=machine_key,
        external_root=options["external_root"],
    )


def _ask_missing(options: dict[str, Any]) -> None:
    """Ask on a terminal for what is missing; off it, name every missing option at once."""
    missing = [
        name
        for name, absent in (
            ("--organisation", not options["organisation"]),
            ("--zone", not options["zones"]),
            ("--crl-url or --no-crl-url", not options["crl_url"] and not options["no_crl_url"]),
        )
        if absent
    ]
    if missing and not printer.is_terminal():
        raise UsageError(
            f"init needs {', '.join(missing)}, and there is no terminal to ask at.",
            hint="Give them as options; see `certmgr init --help`.",
        )
    if not options["organisation"]:
        options["organisation"] = click.prompt("Organisation", err=True)
    if not options["zones"]:
        options["zones"] = tuple(click.prompt("DNS zones of the intranet, with spaces between", err=True).split())
        if not options["networks"]:
            answer = click.prompt("Networks of the intranet (empty: none)", default="", show_default=False, err=True)
            options["networks"] = tuple(answer.split())
    if not options["timezone"] and missing:
        options["timezone"] = click.prompt("Time zone", default="UTC", err=True)
    if not options["crl_url"] and not options["no_crl_url"]:
        answer = click.prompt("Address of the CRLs (http://..., empty: none)", default="", show_default=False, err=True)
        options["crl_url"] = answer or None
        options["no_crl_url"] = not answer


def _passphrase(file: str | None, name: str, *, dry: bool) -> "Secret":
    from certmgr.custody.secrets import Secret  # noqa: PLC0415

    if file is not None:
        return read_passphrase_file(Path(file))
    shared = invocation()
    if shared.passphrase_file is not None or shared.passphrase_fd is not None:
        return shared.passphrase(f"Passphrase of {name}")
    if dry:
        # Nothing is made, so nothing is asked for; the text only has to pass the check of its length.
        import secrets  # noqa: PLC0415

        return Secret(secrets.token_hex(16).encode())
    return ask_passphrase(f"New passphrase of {name}", confirm=True)


def _print_drafts(drafts: "list[Draft]") -> None:
    from certmgr.pki import inspect  # noqa: PLC0415

    for draft in drafts:
        printer.data(f"{draft.slug}: {draft.spec.common_name}")
        for line in inspect.describe_tbs(draft.tbs).lines():
            printer.data(f"  {line}")
        printer.data("")
    printer.say("Frozen once signed: the names, zones, networks, URLs, purposes, key types and lifetimes above.")
    printer.say(
        "Some clients cannot use a CA with name constraints: mbedTLS 2.28, wolfSSL 5.5, and BoringSSL with addresses."
    )


def _print_made(made: "MadeHome", wanted: "Setup", options: dict[str, Any]) -> None:
    printer.say(f"Made {made.home}")
    for authority in made.authorities:
        until = f"until {authority.not_after:%Y-%m-%d}" if authority.certificate else "waits for its certificate"
        printer.say(f"  {authority.slug}: {authority.subject}, {until}")
    if wanted.machine_key is not None:
        printer.say(f"  The machine's key: {wanted.machine_key}")
    for item in made.notices:
        printer.warn(item.message)
    if made.recovery_words is not None:
        show_recovery(made.recovery_words, options["recovery_file"])
    if made.csr is not None:
        if options["csr_out"]:
            from certmgr.files import write_public  # noqa: PLC0415

            write_public(Path(options["csr_out"]), made.csr)
            printer.say(f"  CSR for the corporate root: {options['csr_out']}")
        else:
            printer.raw(made.csr)
        printer.say("Next: have the corporate root sign it, then `certmgr ca complete CERTIFICATE --root ROOT`.")
        return
    printer.say("Next: certmgr issue --dns NAME --purpose TEXT --owner NAME")
    printer.say("      certmgr ca export root --for debian")
