"""The queue of revocation requests and one request; holds and releases, in the list of certificates too."""

from tui.commands.registry import Command, Scope

_ACTS = (
    ("acknowledge", "o", "Acknowledge the request: it was seen", "seen"),
    ("verify", "v", "Verify the request: vouch for it, revoke and publish", "verify"),
    ("reject", "t", "Reject the request: it is not genuine or not grounded", "reject"),
    ("withdraw", "w", "Withdraw the request", "withdraw"),
    ("incident", "I", "Say to whom the incident of a leaked key was reported", ""),
    ("release", "U", "Release the certificate from its hold", ""),
)
_HOLDS = (
    ("hold", "H", "Hold the certificate: suspend it for a time", "Hold this certificate"),
    ("release", "U", "Release the certificate from its hold", "Release this certificate from its hold"),
)

COMMANDS: tuple[Command, ...] = (
    *(
        Command(
            id=f"{name}-request{ending}",
            keys=(key,),
            action=name,
            scope=scope,
            title=title.replace("the request", "this request") if ending else title,
            label=label,
            palette=True,
            writes=True,
        )
        for scope, ending in ((Scope.REVOCATIONS, ""), (Scope.REQUEST, "-this"))
        for name, key, title, label in _ACTS
    ),
    Command(
        id="open-certificate",
        keys=("c",),
        action="certificate",
        scope=Scope.REQUEST,
        title="Open the certificate",
        label="certificate",
        palette=True,
    ),
    *(
        Command(
            id=f"{name}{ending}",
            keys=(key,),
            action=name,
            scope=scope,
            title=here if ending else title,
            palette=True,
            writes=True,
        )
        for scope, ending in ((Scope.LIST, ""), (Scope.DETAIL, "-this"))
        for name, key, title, here in _HOLDS
    ),
)
