"""The screens that can be gone to by name: `:` and the name, the palette, and a key where there is one."""

from dataclasses import dataclass

from tui.commands.registry import Command, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A screen of its own."""

    name: str
    """What is typed after `:`; the beginning of it is enough."""
    title: str
    keys: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Other words for it."""


PLACES: tuple[Place, ...] = (
    Place(name="dashboard", title="Dashboard", keys=("D",), also=("home", "overview")),
    Place(name="certificates", title="Certificates", keys=("C",), also=("certs", "list")),
    Place(name="applications", title="Applications", keys=("A",), also=("queue", "review")),
    Place(name="revocations", title="Revocations", keys=("R",), also=("requests",)),
    Place(name="servers", title="Servers", also=("hosts",)),
    Place(name="notices", title="Notices", also=("mails",)),
    Place(name="campaigns", title="Campaigns"),
    Place(name="journal", title="Journal", also=("log", "audit")),
    Place(name="authorities", title="CAs and CRLs", also=("cas", "ca", "crls", "crl")),
    Place(name="doctor", title="Doctor", also=("health",)),
)
FIRST = "certificates"
"""Where a session begins unless another screen is remembered or asked for."""

COMMANDS: tuple[Command, ...] = (
    Command(id="go", keys=("colon",), action="app.ask_place", scope=Scope.PLACES, title="Go to a screen by its name"),
    *(
        Command(
            id=f"go-{one.name}",
            keys=one.keys,
            action=f"app.go('{one.name}')",
            scope=Scope.PLACES,
            title=f"Go to: {one.title}",
            palette=True,
        )
        for one in PLACES
    ),
)


def find(text: str) -> Place | None:
    """Return the place that `text` names: its name, another word for it, or a beginning that only one name has."""
    wanted = text.strip().lower()
    for place in PLACES:
        if wanted == place.name or wanted in place.also:
            return place
    begun = [place for place in PLACES if wanted and place.name.startswith(wanted)]
    return begun[0] if len(begun) == 1 else None
