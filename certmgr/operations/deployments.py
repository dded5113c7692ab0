"""Bring certificates to where servers read them, and see that they are served (DETAILS 32, 44).

`deploy` installs and runs hooks, as a user who may; it opens no CA key. `due` is what `check` does: it looks at
endpoints that were not seen serving yet, and installs nothing.
"""

import os
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from certmgr import installing, placing, serving
from certmgr.codes import Code
from certmgr.errors import CertmgrError, LockedError
from certmgr.models.certificates import Certificate
from certmgr.models.operators import Actor, Role
from certmgr.models.servers import Deployment, DeploymentId, Endpoint, Installation
from certmgr.models.steps import Step
from certmgr.records import dataclass
from certmgr.store import attempts, certificates, deployments
from certmgr.workspace import MACHINE_SLOT, Session, Workspace, actor_of

PATIENCE: Final = timedelta(hours=1)
"""How long after its issue a certificate may be neither installed nor served before a person is told."""


RUN: Final = "Run: certmgr deploy --due"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A deployment, what it is to have, and how the attempts at it went."""

    deployment: Deployment
    certificate: Certificate
    uninstalled: bool
    """On record; the folder itself may say otherwise."""
    unseen: bool
    installs: attempts.Attempt | None
    looks: attempts.Attempt | None


def deploying_actor() -> Actor:
    """Return who the journal names where `deploy` runs by itself: the machine, under the user id of this process.

    No slot is unlocked for it: what it does needs no CA key, and the right to it is the right to write the files.
    """
    return actor_of(MACHINE_SLOT, Role.MACHINE)


def deploy(
    workspace: Workspace,
    actor: Actor,
    *,
    retry: bool = False,
    only: Collection[DeploymentId] | None = None,
    hook_folder: Path = installing.HOOKS,
) -> Iterator[Step]:
    """Install what is due and run its hooks, look whether it is served, and yield what was done and what failed.

    What failed before is tried again when its time has come, or with `retry` at once. With `only`, other deployments
    are left alone. A crash leaves whole files, and the next run does the rest.
    """
    now = workspace.now()
    fresh: set[DeploymentId] = set()
    for case in _cases(workspace, waiting=False, only=only):
        installation = case.deployment.installation
        if installation is None or installation.target:
            # What another host fetches is not ours to install.
            continue
        if not _is_due(workspace, case, installation):
            yield from _tidied(workspace, case.deployment, installation)
        elif retry or not attempts.is_waiting(case.installs, now):
            for step in _installed(workspace, actor, case, installation, hook_folder):
                if step.done:
                    fresh.add(case.deployment.id)
                yield step
    yield from _look(workspace, actor, retry=retry, only=only, fresh=fresh, tell=True)


def rehearse(workspace: Workspace, *, only: Collection[DeploymentId] | None = None) -> Iterator[Step]:
    """Yield what `deploy` would do now; writes, runs and records nothing."""
    for case in _cases(workspace, waiting=False, only=only):
        installation, certificate = case.deployment.installation, case.certificate
        if installation is not None and not installation.target and _is_due(workspace, case, installation):
            hook = f" and run {installation.hook[0]}" if installation.hook else ""
            what = f"Would install {certificate.server} (serial {certificate.serial}) into {installation.folder}{hook}."
            yield Step(what=what, done=True)
        elif case.unseen and not case.uninstalled:
            yield _would_look(case)


def due(workspace: Workspace, session: Session) -> Iterator[Step]:
    """Look at endpoints that were not seen serving their certificate yet, and name what needs a person."""
    yield from _look(workspace, session.actor)
    yield from _late(workspace)


def pending(workspace: Workspace) -> Iterator[Step]:
    """Yield what `due` would look at now, and what needs a person; looks at and records nothing."""
    yield from (_would_look(case) for case in _to_look_at(workspace))
    yield from _late(workspace)


def _cases(workspace: Workspace, *, waiting: bool, only: Collection[DeploymentId] | None = None) -> list[_Case]:
    """Return the deployments that have a certificate to serve; with `waiting`, those that on record lack something."""
    now = workspace.now()
    with workspace.store().read() as snapshot:
        found = deployments.waiting(snapshot, now) if waiting else deployments.assigned(snapshot, now)
        return [
            _Case(
                deployment=one.deployment,
                certificate=certificates.get(snapshot, one.wanted),
                uninstalled=one.uninstalled,
                unseen=one.unseen,
                installs=attempts.get(snapshot, one.deployment.subject),
                looks=attempts.get(snapshot, f"probe:{one.deployment.id}"),
            )
            for one in found
            if only is None or one.deployment.id in only
        ]


def _is_due(workspace: Workspace, case: _Case, installation: Installation) -> bool:
    """Tell whether the deployment lacks its certificate: on record, or in the folder itself."""
    if case.uninstalled:
        return True
    content = installing.material_of(workspace, case.certificate).content
    return not placing.is_installed(case.deployment.id, installation, content)


def _tidied(workspace: Workspace, deployment: Deployment, installation: Installation) -> Iterator[Step]:
    try:
        if installing.tidy(workspace, deployment, installation):
            what = f"Finished the interrupted installation of {deployment.server} into {installation.folder}."
            yield Step(what=what, done=True)
    except LockedError:
        # Another run is at it.
        return
    except CertmgrError as problem:
        yield Step(what=f"Deployment {deployment.id} of {deployment.server}: {problem.message}", done=False)


def _installed(
    workspace: Workspace, actor: Actor, case: _Case, installation: Installation, hook_folder: Path
) -> Iterator[Step]:
    certificate = case.certificate
    try:
        installing.bring(workspace, actor, case.deployment, installation, certificate, hook_folder=hook_folder)
    except CertmgrError as problem:
        if problem.code is Code.BUSY:
            # Another run is at it.
            return
        words = installing.words_of(problem)
        what = f"{certificate.server} could not be installed into {installation.folder}: {words}"
        yield Step(what=what, done=False)
        return
    what = f"Installed {certificate.server} (serial {certificate.serial}) into {installation.folder}."
    yield Step(what=what, done=True)


def _to_look_at(
    workspace: Workspace,
    *,
    retry: bool = False,
    only: Collection[DeploymentId] | None = None,
    fresh: Collection[DeploymentId] = (),
) -> list[_Case]:
    """Return what was installed, or is installed by others, and was not seen serving; what failed waits its time."""
    now = workspace.now()
    return [
        case
        for case in _cases(workspace, waiting=True, only=only)
        if case.unseen
        and not case.uninstalled
        and (retry or case.deployment.id in fresh or not attempts.is_waiting(case.looks, now))
    ]


def _look(  # noqa: PLR0913 - the options of one look, by keyword
    workspace: Workspace,
    actor: Actor,
    *,
    retry: bool = False,
    only: Collection[DeploymentId] | None = None,
    fresh: Collection[DeploymentId] = (),
    tell: bool = False,
) -> Iterator[Step]:
    """Look at endpoints, record what they showed, and yield what is served; with `tell`, what is not, too.

    A server that was just told of new files (`fresh`) is given a moment.
    """
    chosen = _to_look_at(workspace, retry=retry, only=only, fresh=fresh)
    answers = serving.shows_each(
        [
            (
                _endpoint(case),
                case.certificate.sha256,
                serving.PATIENCE_S if case.deployment.id in fresh else serving.AT_A_GLANCE,
            )
            for case in chosen
        ]
    )
    for case, problem in zip(chosen, answers, strict=True):
        serving.record_sight(workspace, actor, case.deployment, case.certificate, problem)
        if problem is None:
            what = f"{_endpoint(case)} serves {case.certificate.server} (serial {case.certificate.serial})."
            yield Step(what=what, done=True)
        elif tell:
            what = f"{case.certificate.server} is installed and not served yet: {problem}"
            yield Step(what=what, done=False)


def _late(workspace: Workspace) -> Iterator[Step]:
    """Name what failed, and what after an hour is neither installed nor served."""
    now = workspace.now()
    for case in _cases(workspace, waiting=True):
        one, certificate = case.deployment, case.certificate
        target = one.installation.target if one.installation else ""
        about = f"deployment {one.id} of {one.server}{f' on {target}' if target else ''} (serial {certificate.serial})"
        late = certificate.issued_at is not None and now - certificate.issued_at > PATIENCE
        if case.uninstalled and case.installs is not None and case.installs.failures:
            again = f"; tried again from {case.installs.next_at:%Y-%m-%d %H:%M} UTC" if case.installs.next_at else ""
            what = f"The {about} failed, {case.installs.failures} in a row{again}: {case.installs.problem}"
            yield Step(what=what, done=False)
        elif case.uninstalled and late:
            run = f"Run there: certmgr deploy --due --from USER@{os.uname().nodename}" if target else RUN
            yield Step(what=f"The {about} waits to be installed. {run}", done=False)
        elif case.unseen and late:
            problem = case.looks.problem if case.looks else ""
            yield Step(what=f"The {about} is not seen serving at {_endpoint(case)}. {problem}".rstrip(), done=False)


def _would_look(case: _Case) -> Step:
    return Step(what=f"Would look whether {_endpoint(case)} serves {case.certificate.server}.", done=True)


def _endpoint(case: _Case) -> Endpoint:
    if case.deployment.endpoint is None:
        raise AssertionError(case.deployment.id)
    return case.deployment.endpoint
