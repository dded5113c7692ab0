"""The completion script for fish."""

from collections.abc import Iterator

from certmgr.cli.completion_tree import Kind, Node, Option, Value

_HEAD = """\
# Completion of certmgr for fish. Put it into ~/.config/fish/completions/certmgr.fish
# Only a REFERENCE asks certmgr itself.
function __certmgr_path
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- "$path $word" $__certmgr_valued; and set skip 1
        else if contains -- (string trim -- "$path $word") $__certmgr_commands
            set path (string trim -- "$path $word")
        end
    end
    echo $path
end
function __certmgr_at
    set -l path (__certmgr_path)
    test "$path" = "$argv[1]"
end
function __certmgr_servers
    set -l start (commandline -ct)
    string match -qr -- '^[a-z0-9.-]*$' $start; or return
    set -l words (commandline -opc)
    set -l home
    if set -l at (contains -i -- --home $words)
        set home --home $words[(math $at + 1)]
    end
    certmgr $home list --plain --limit 500 $start 2>/dev/null | cut -f2 | sort -u
end
"""


def script(nodes: tuple[Node, ...]) -> str:
    """Return the script."""
    commands = " ".join(_quoted(node.path) for node in nodes if node.path)
    valued = " ".join(
        _quoted(f"{node.path} {name}")
        for node in nodes
        for option in node.options
        if option.value
        for name in option.names
    )
    lines = [f"set -g __certmgr_commands {commands}", f"set -g __certmgr_valued {valued}", "complete -c certmgr -f"]
    lines += [line for node in nodes for line in _lines(node)]
    return _HEAD + "\n".join(lines) + "\n"


def _lines(node: Node) -> Iterator[str]:
    condition = _quoted(f'__certmgr_at "{node.path}"')
    start = f"complete -c certmgr -n {condition}"
    for name, line in node.children:
        yield f"{start} -a {name} -d {_quoted(line)}"
    for option in node.options:
        yield f"{start} {_names(option)}{_value(option.value)} -d {_quoted(option.help)}"
    if node.argument is not None and (offered := _argument(node.argument)):
        yield f"{start} {offered}"


def _names(option: Option) -> str:
    return " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)


def _value(value: Value | None) -> str:
    if value is None:
        return ""
    match value.kind:
        case Kind.FILE:
            return " -r -F"
        case Kind.FOLDER:
            return " -x -a '(__fish_complete_directories)'"
        case _:
            return f" -x -a {_quoted(' '.join(value.choices))}" if value.choices else " -x"


def _argument(value: Value) -> str:
    match value.kind:
        case Kind.CHOICE:
            return f"-a {_quoted(' '.join(value.choices))}"
        case Kind.FILE | Kind.FOLDER:
            return "-F"
        case Kind.SERVER:
            return "-a '(__certmgr_servers)'"
        case Kind.TEXT:
            return ""


def _quoted(text: str) -> str:
    """Return `text` as one word of fish."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
