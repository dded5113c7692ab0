"""The review queue and one application, and the form that fills it."""

from tui.commands.registry import Command, Scope

COMMANDS: tuple[Command, ...] = (
    Command(
        id="issue",
        keys=("i",),
        action="app.issue",
        scope=Scope.EVERYWHERE,
        title="Issue a certificate, or apply for one",
        palette=True,
        writes=True,
    ),
    Command(
        id="approve",
        keys=("p",),
        action="approve",
        scope=Scope.APPLICATIONS,
        title="Approve the application; issue what is approved",
        label="approve",
        palette=True,
        writes=True,
    ),
    Command(
        id="reject",
        keys=("t",),
        action="reject",
        scope=Scope.APPLICATIONS,
        title="Reject the application: turn it down",
        label="reject",
        palette=True,
        writes=True,
    ),
    Command(
        id="withdraw-application",
        keys=("w",),
        action="withdraw",
        scope=Scope.APPLICATIONS,
        title="Withdraw your own application",
        label="withdraw",
        palette=True,
        writes=True,
    ),
)
