"""The completion script for bash 3.2 and later."""

from collections.abc import Iterator

from certmgr.cli.completion_tree import Kind, Node, Value

_HEAD = """\
# Completion of certmgr for bash. Load it with: source <(certmgr completion bash)
# or put it into /usr/share/bash-completion/completions/certmgr. Only a REFERENCE asks certmgr itself.
_certmgr_servers() {
  local home=() at
  [[ $cur == *[!a-z0-9.-]* ]] && return
  for ((at = 1; at < COMP_CWORD; at++)); do
    [[ ${COMP_WORDS[at]} == --home ]] && home=(--home "${COMP_WORDS[at + 1]}")
  done
  local servers=$(certmgr "${home[@]}" list --plain --limit 500 $cur 2>/dev/null | cut -f2 | sort -u)
  COMPREPLY=($(compgen -W "$servers" -- "$cur"))
}
_certmgr_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}
_certmgr_table() {
  subs='' opts='' valued=''
  case "$1" in
"""
_MIDDLE = """\
  esac
}
_certmgr() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} line='' subs opts valued at word skip=0
  COMPREPLY=()
  _certmgr_table ''
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=${COMP_WORDS[at]}
    if ((skip)); then
      skip=0
    elif [[ " $valued " == *" $word "* ]]; then
      skip=1
    elif [[ $word != -* && " $subs " == *" $word "* ]]; then
      line="${line:+$line }$word"
      _certmgr_table "$line"
    fi
  done
  if ((skip)); then
    _certmgr_value "$line $prev"
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$opts" -- "$cur"))
  elif [[ -n $subs ]]; then
    COMPREPLY=($(compgen -W "$subs" -- "$cur"))
  else
    _certmgr_argument "$line"
  fi
}
complete -F _certmgr certmgr
"""


def script(nodes: tuple[Node, ...]) -> str:
    """Return the script."""
    tables = "".join(f"    {line}\n" for node in nodes for line in _table(node))
    return (
        _HEAD
        + tables
        + _MIDDLE.replace(
            "_certmgr() {\n",
            _case("_certmgr_value", _values(nodes)) + _case("_certmgr_argument", _arguments(nodes)) + "_certmgr() {\n",
            1,
        )
    )


def _table(node: Node) -> Iterator[str]:
    subs = " ".join(name for name, _ in node.children)
    opts = " ".join(name for option in node.options for name in option.names)
    valued = " ".join(name for option in node.options if option.value for name in option.names)
    yield f"'{node.path}') subs='{subs}' opts='{opts}' valued='{valued}' ;;"


def _values(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        for option in node.options:
            if option.value is not None and (action := _action(option.value)):
                for name in option.names:
                    yield f"{node.path} {name}", action


def _arguments(nodes: tuple[Node, ...]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if node.argument is not None and (action := _action(node.argument)):
            yield node.path, action


def _action(value: Value) -> str:
    match value.kind:
        case Kind.CHOICE:
            return f"""COMPREPLY=($(compgen -W '{" ".join(value.choices)}' -- "$cur"))"""
        case Kind.FILE:
            return "_certmgr_files -f"
        case Kind.FOLDER:
            return "_certmgr_files -d"
        case Kind.SERVER:
            return "_certmgr_servers"
        case Kind.TEXT:
            return ""


def _case(name: str, pairs: Iterator[tuple[str, str]]) -> str:
    lines = "".join(f"    '{pattern}') {action} ;;\n" for pattern, action in pairs)
    return f'{name}() {{\n  case "$1" in\n{lines}  esac\n}}\n'
