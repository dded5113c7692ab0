"""What can be done with certificates beside revoking them, in the list and on the page of one."""

from tui.commands.registry import Command, Scope

_ACTS = (
    ("renew", "r", "Renew the certificate, or those that are marked", "Renew this certificate", "renew"),
    ("export", "e", "Export the certificate in the form that a server wants", "Export this certificate", "export"),
    ("accept", "c", "Accept the certificate: it is right", "Accept this certificate: it is right", ""),
    ("object", "o", "Object to the certificate: revoke it and issue it again", "Object to this certificate", ""),
)

COMMANDS: tuple[Command, ...] = tuple(
    Command(
        id=f"{name}{ending}",
        keys=(key,),
        action=name,
        scope=scope,
        title=here if ending else title,
        label=label,
        palette=True,
        writes=True,
    )
    for scope, ending in ((Scope.LIST, ""), (Scope.DETAIL, "-this"))
    for name, key, title, here, label in _ACTS
)
