"""The completion script for zsh."""

from collections.abc import Iterator

from certmgr.cli.completion_tree import Kind, Node, Value

_HEAD = """\
#compdef certmgr
# Completion of certmgr for zsh. Load it with: source <(certmgr completion zsh)
# or put it into a folder of $fpath as _certmgr. Only a REFERENCE asks certmgr itself.
_certmgr_servers() {
  local -a home servers
  integer at=${words[(i)--home]}
  [[ $PREFIX == *[^a-z0-9.-]* ]] && return 1
  ((at < CURRENT)) && home=(--home "${words[at + 1]}")
  servers=(${(fu)"$(certmgr $home list --plain --limit 500 $PREFIX 2>/dev/null | cut -f2)"})
  compadd -a servers
}
"""
_TAIL = """\
_certmgr() {
  local line='' word
  integer at skip=0
  local -a subs opts valued names
  _certmgr_table ''
  for ((at = 2; at < CURRENT; at++)); do
    word=${words[at]}
    names=(${subs%%:*})
    if ((skip)); then
      skip=0
    elif ((${valued[(Ie)$word]})); then
      skip=1
    elif [[ $word != -* ]] && ((${names[(Ie)$word]})); then
      line="${line:+$line }$word"
      _certmgr_table "$line"
    fi
  done
  if ((skip)); then
    _certmgr_value "$line ${words[CURRENT - 1]}"
  elif [[ $PREFIX == -* ]]; then
    _describe -o option opts
  elif ((${#subs})); then
    _describe command subs
  else
    _certmgr_argument "$line"
  fi
}
if [[ $funcstack[1] == _certmgr ]]; then
  _certmgr "$@"
else
  compdef _certmgr certmgr
fi
"""


def script(nodes: tuple[Node, ...]) -> str:
    """Return the script."""
    return (
        _HEAD
        + "_certmgr_table() {\n  subs=() opts=() valued=()\n"
        + _case("".join(f"    {line}\n" for node in nodes for line in _table(node)))
        + "_certmgr_value() {\n"
        + _case("".join(_values(nodes)))
        + "_certmgr_argument() {\n"
        + _case("".join(_arguments(nodes)))
        + _TAIL
    )


def _case(lines: str) -> str:
    return f'  case "$1" in\n{lines}  esac\n}}\n'


def _table(node: Node) -> Iterator[str]:
    subs = " ".join(_described(name, line) for name, line in node.children)
    opts = " ".join(_described(name, option.help) for option in node.options for name in option.names)
    valued = " ".join(name for option in node.options if option.value for name in option.names)
    yield f"'{node.path}') subs=({subs}) opts=({opts}) valued=({valued}) ;;"


def _described(name: str, line: str) -> str:
    """Return `name:line` as one quoted word of zsh."""
    return "'" + f"{name}:{line}".replace("'", "'\\''") + "'"


def _values(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        for option in node.options:
            if option.value is not None and (action := _action(option.value)):
                patterns = "|".join(f"'{node.path} {name}'" for name in option.names)
                yield f"    {patterns}) {action} ;;\n"


def _arguments(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        if node.argument is not None and (action := _action(node.argument)):
            yield f"    '{node.path}') {action} ;;\n"


def _action(value: Value) -> str:
    match value.kind:
        case Kind.CHOICE:
            return f"compadd -- {' '.join(value.choices)}"
        case Kind.FILE:
            return "_files"
        case Kind.FOLDER:
            return "_files -/"
        case Kind.SERVER:
            return "_certmgr_servers"
        case Kind.TEXT:
            return ""
