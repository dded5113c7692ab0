"""What is due for one server, installed by hand."""

import os
from collections.abc import Callable
from typing import Final

from certmgr.models.certificates import ServerId
from certmgr.models.steps import Step
from certmgr.operations import deployments as operations
from certmgr.queries import deployments as deployment_queries
from certmgr.queries import servers as server_queries
from certmgr.queries.deployments import DeploymentState, Standing
from tui.backend.core import Core
from tui.values.servers import Tried

_TO_INSTALL: Final = frozenset({Standing.WAITING, Standing.FAILED})


class Deploying:
    """Tries the deployments of a server, also those that failed and wait for their time."""

    def __init__(self, core: Core) -> None:
        """Act in the core's workspace."""
        self._core = core
        self._workspace = core.workspace

    def run(self, server: int, each: Callable[[Step], None]) -> Tried:
        """Install what is due for the server, look whether it is served, and call `each` with every step.

        It opens no key, so that no slot is needed; one that is unlocked is named in the journal. What this user could
        only fail at is left alone: a failure would put off the next try of the user who can. Raises NotFoundError.
        """
        name = server_queries.name_of(self._workspace, ServerId(server))
        found = deployment_queries.every(self._workspace, name)
        left = {one.deployment.id: why for one in found if (why := _against(one))}
        actor = self._core.session().actor if self._core.unlocked else operations.deploying_actor()
        steps = []
        only = [one.deployment.id for one in found if one.deployment.id not in left]
        for step in operations.deploy(self._workspace, actor, retry=True, only=only):
            steps.append(step)
            each(step)
        return Tried(server=name, steps=tuple(steps), left=tuple(left.values()), recorded=len(found))


def _against(one: DeploymentState) -> str:
    """Return why a deployment cannot be tried from here; empty: it can, or there is nothing to install."""
    installation = one.deployment.installation
    if installation is None or one.standing not in _TO_INSTALL:
        return ""
    about = f"Deployment {one.deployment.id}"
    if installation.target:
        return f"{about} is fetched by {installation.target}. Run there: certmgr deploy --due --retry --from USER@HOST"
    if not os.access(installation.folder, os.W_OK | os.X_OK):
        command = f"certmgr deploy --due --retry --server {one.deployment.server}"
        return f"{about}: this user may not write into {installation.folder}. Run as one who may: {command}"
    return ""
