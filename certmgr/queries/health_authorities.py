"""The authorities: their certificates, key files, CRLs and lives, and whether their name constraints hold."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from pathlib import Path

from certmgr.codes import Code
from certmgr.custody.authority_files import KeyFile, read_key_file
from certmgr.custody.authority_keys import ROOT_ROLES
from certmgr.errors import CertmgrError, Finding, IntegrityError, NotFoundError
from certmgr.locations import certificate_file, crl_file
from certmgr.models.authorities import Authority, AuthorityRole, AuthorityStatus
from certmgr.models.operators import SIGNING_ROLES, Role
from certmgr.net.published import read_published
from certmgr.pki import build, crl, inspect, selftest
from certmgr.queries import authorities, operators
from certmgr.queries.health import Area, damage, worry
from certmgr.store import crls
from certmgr.workspace import Workspace

CRL_ALARM = timedelta(hours=24)
"""So long without a new CRL of an issuing CA is an alarm (ARCHITECTURE: defaults)."""
ROOT_CRL_REMINDER = timedelta(days=60)
ROOT_REMINDER = timedelta(days=365)
"""So long before its end a root needs a successor; an issuing CA from half of its life."""
TWO = 2


def certificates(workspace: Workspace) -> Area:
    """Look at the CA certificates: columns against bytes, signatures, and how long each lives on."""
    every = authorities.every(workspace)
    by_id = {one.id: one for one in every}
    problems: list[Finding] = []
    for one in every:
        if not one.certificate:
            message = f"{one.slug} waits for its certificate. See: certmgr ca request"
            problems.append(worry(Code.AUTHORITY_END, message, value=one.slug))
            continue
        parent = one if one.parent_id is None else by_id[one.parent_id]
        problems += _contradictions(one, parent)
        problems += _ending(workspace, one)
    if not any(one.role is AuthorityRole.ISSUING and one.status is AuthorityStatus.CURRENT for one in every):
        problems.append(worry(Code.AUTHORITY_END, "There is no issuing CA that signs, so nothing can be issued."))
    lives = ", ".join(f"{one.slug} until {one.not_after:%Y-%m-%d}" for one in every if one.certificate)
    return Area(well=f"The CA certificates are those on record: {lives}.", problems=tuple(problems))


def _contradictions(one: Authority, parent: Authority) -> Iterator[Finding]:
    try:
        facts = inspect.certificate_facts(one.certificate)
        spki = build.Issuer.from_certificate(parent.certificate).spki
    except CertmgrError as problem:
        yield damage(Code.STORE_ROW, f"The certificate of {one.slug}: {problem.message}", value=one.slug)
        return
    pairs = (
        ("serial", one.serial, facts.serial),
        ("fingerprint", one.sha256, facts.sha256),
        ("key", one.spki_sha256, facts.key.spki_sha256),
        ("beginning", one.not_before, facts.not_before),
        ("end", one.not_after, facts.not_after),
    )
    wrong = [what for what, recorded, found in pairs if recorded != found]
    # What a corporate root signed may carry an algorithm that our own CAs never use; it was checked on arrival.
    if parent.has_key and not build.verify_signature(one.certificate, spki):
        wrong.append("signature")
    if wrong:
        message = f"The record of {one.slug} is not what its certificate says: {', '.join(wrong)}."
        yield damage(Code.STORE_ROW, message, value=one.slug)


def _ending(workspace: Workspace, one: Authority) -> Iterator[Finding]:
    if one.status is not AuthorityStatus.CURRENT:
        return
    left = one.not_after - workspace.now()
    half = (one.not_after - one.not_before) / 2
    if left > (min(half, ROOT_REMINDER) if one.role is AuthorityRole.ROOT else half):
        return
    end = f"{one.not_after:%Y-%m-%d}"
    ends = f"ended on {end}" if left < timedelta(0) else f"ends on {end}, in {left.days} days"
    successor = " Run: certmgr ca new-issuing" if one.role is AuthorityRole.ISSUING else ""
    yield worry(Code.AUTHORITY_END, f"The CA {one.slug} {ends}; it needs a successor.{successor}", value=one.slug)


def keys(workspace: Workspace) -> Area:
    """Look at the CA's key files: there, whole, for the right key, held by slots on record and by no other."""
    every = [one for one in authorities.every(workspace) if one.has_key]
    states = operators.every(workspace)
    known = {state.operator.name: state for state in states if state.slot is not None}
    machines = {state.operator.name for state in states if state.operator.role is Role.MACHINE}
    problems: list[Finding] = []
    for one in every:
        path = workspace.keys / f"{one.slug}.json"
        try:
            file = read_key_file(path)
        except (IntegrityError, NotFoundError) as problem:
            problems.append(damage(Code.AUTHORITY_KEY, f"The key of {one.slug}: {problem.message}", value=str(path)))
        except CertmgrError as problem:
            problems.append(worry(Code.AUTHORITY_KEY, f"The key of {one.slug}: {problem.message}", value=str(path)))
        else:
            problems += _holders(one, file, known, machines)
    slugs = {one.slug for one in every}
    problems += [
        worry(Code.AUTHORITY_KEY, f"{path} is the key file of no CA on record.", value=str(path))
        for path in sorted(workspace.keys.glob("*.json"))
        if path.stem not in slugs
    ]
    return Area(well="The CA key files are whole, and sealed to slots on record alone.", problems=tuple(problems))


def _holders(
    one: Authority, file: KeyFile, known: dict[str, operators.SlotState], machines: set[str]
) -> Iterator[Finding]:
    """Yield what is wrong with who holds a key."""
    if file.spki_sha256 != one.spki_sha256:
        yield damage(Code.AUTHORITY_KEY, f"The key file of {one.slug} is for another key.", value=one.slug)
    allowed = ROOT_ROLES if one.role is AuthorityRole.ROOT else SIGNING_ROLES
    for held in file.grants:
        state = known.get(held.operator)
        if state is None or state.slot is None or state.slot.fingerprint != held.slot:
            message = f"The key of {one.slug} is sealed to {held.operator}, which is no slot on record."
            yield damage(Code.AUTHORITY_KEY, message, value=held.operator)
        elif state.operator.role not in allowed:
            message = f"The key of {one.slug} is sealed to {held.operator}, whose role may not hold it."
            yield damage(Code.AUTHORITY_KEY, message, value=held.operator)
    names = {held.operator for held in file.grants}
    if one.role is AuthorityRole.ROOT and len(names) < TWO:
        message = (
            f"Only {', '.join(names)} opens the key of {one.slug}: if that passphrase is lost, so is the root. "
            "Run: certmgr operator add NAME --role recovery"
        )
        yield worry(Code.AUTHORITY_HOLDERS, message, value=one.slug)
    if one.role is AuthorityRole.ISSUING and machines and not names & machines:
        yield worry(Code.AUTHORITY_KEY, f"No machine slot opens the key of {one.slug}, so cron cannot use it.")


def lists(workspace: Workspace) -> Area:
    """Look at the CRLs: signed, young enough, seen, complete, and in place where they are published."""
    every = [one for one in authorities.every(workspace) if one.has_key and one.certificate]
    problems = [item for one in every for item in _list(workspace, one)]
    return Area(well="Every CA has a CRL in time, and what is published is the newest.", problems=tuple(problems))


def _list(workspace: Workspace, one: Authority) -> Iterator[Finding]:
    root = one.role is AuthorityRole.ROOT
    run = "certmgr crl publish --root" if root else "certmgr crl publish"
    found = authorities.crl_of(workspace, one)
    if found is None:
        yield worry(Code.CRL_OVERDUE, f"{one.slug} has signed no CRL yet. Run: {run}", value=one.slug)
        return
    if not crl.verify_crl(found.der, one.certificate):
        yield damage(Code.CRL_SIGNATURE, f"The newest CRL of {one.slug} on record is not signed by it.", value=one.slug)
    now = workspace.now()
    until = f"{found.next_update:%Y-%m-%d %H:%M} UTC"
    if now > found.next_update:
        message = f"The CRL of {one.slug} ended on {until}: clients may refuse every certificate. Run: {run}"
        yield worry(Code.CRL_OVERDUE, message, value=one.slug)
    elif root and found.next_update - now <= ROOT_CRL_REMINDER:
        yield worry(Code.CRL_OVERDUE, f"The CRL of {one.slug} ends on {until}. Run: {run}", value=one.slug)
    elif not root and now - found.this_update > CRL_ALARM:
        hours = int((now - found.this_update).total_seconds() // 3600)
        message = f"{one.slug} has signed no CRL for {hours} hours; the last one ends on {until}. Run: {run}"
        yield worry(Code.CRL_OVERDUE, message, value=one.slug)
    with workspace.store().read() as snapshot:
        lacking = crls.unpublished_entries(snapshot, one.id, found.number)
    if lacking:
        message = f"A revocation or release is not on the CRL of {one.slug} yet. Run: {run}"
        yield worry(Code.CRL_OVERDUE, message, value=one.slug)
    elif found.published_at is None:
        message = f"The CRL {found.number} of {one.slug} was not seen by relying parties yet. Run: {run}"
        yield worry(Code.CRL_NOT_SEEN, message, value=one.slug)
    yield from _published(workspace, one, found, run)


def _published(workspace: Workspace, one: Authority, found: authorities.CrlState, run: str) -> Iterator[Finding]:
    """Yield in what the published folder differs from the record."""
    if workspace.config.publish.directory is None:
        return
    folder = Path(workspace.config.publish.directory)
    expected = ((crl_file(one.slug), found.der), (certificate_file(one.slug), one.certificate))
    for name, content in expected:
        try:
            there = read_published(folder, name)
        except CertmgrError as problem:
            yield worry(Code.CRL_FILE, problem.message, value=str(folder / name))
            continue
        if there is None:
            yield worry(Code.CRL_FILE, f"{folder / name} is missing. Run: {run}", value=str(folder / name))
        elif there != content:
            message = f"{folder / name} is not the newest one on record. Run: {run}"
            yield worry(Code.CRL_FILE, message, value=str(folder / name))


def constraints(workspace: Workspace) -> Area:
    """Make forbidden certificates in memory, under throw-away keys, and see that every verifier refuses them (R1.3)."""
    problems: list[Finding] = []
    asked: set[str] = set()
    for one in authorities.every(workspace):
        if one.role is not AuthorityRole.ISSUING or one.status is not AuthorityStatus.CURRENT:
            continue
        root = authorities.chain_of(workspace, one)[-1]
        verdicts = selftest.run_selftest(root.certificate, one.certificate, workspace.now())
        asked |= {verdict.verifier for verdict in verdicts}
        wrong = sorted((verdict for verdict in verdicts if not verdict.ok), key=lambda verdict: verdict.case)
        for case, those in groupby(wrong, key=lambda verdict: verdict.case):
            told = "; ".join(f"{verdict.verifier}: {verdict.actual}" for verdict in those)
            message = f"{one.slug}, {case}: must be {_expected(wrong, case)}, and was not ({told})."
            problems.append(worry(Code.SELF_TEST, message, value=one.slug))
    names = ", ".join(sorted(asked)) or "nobody"
    return Area(well=f"The name constraints hold; asked: {names}.", problems=tuple(problems))


def _expected(wrong: "list[selftest.Verdict]", case: str) -> str:
    return next(verdict.expected for verdict in wrong if verdict.case == case)
