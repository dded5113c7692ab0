"""The frame of the HTML reports: one file without script or reference, for screen, paper and the dark."""

from collections.abc import Iterable, Sequence
from typing import Final

from certmgr.reporting.charts import text

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --paper: #ffffff; --rule: #d1d9e0; --bad: #a02018; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; }
.soft, caption { color: var(--soft); }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .25rem 0; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { white-space: nowrap; }
.n { text-align: right; }
.bad { color: var(--bad); font-weight: 600; }
svg { display: block; width: 100%; height: auto; max-width: 60rem; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --soft: #9aa4ae; --paper: #14171a; --rule: #343a41; --bad: #ff8a80; }
  svg .ink { fill: #e6e9ec; }
  svg .met, svg .plain { fill: #5aa9e6; }
  svg .breached { fill: #ff6f61; }
  svg .open { fill: #f0b94d; }
  svg .void { fill: #6e767e; }
}
@media print {
  @page { margin: 15mm; }
  :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --rule: #999; --bad: #000; }
  main { max-width: none; padding: 0; }
  body { font-size: 10pt; }
  .wide { overflow: visible; }
  table { font-size: 8pt; }
  tr, svg, h2 { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  svg .ink { fill: #000; }
  svg rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def page(title: str, body: Iterable[str]) -> str:
    """Return a whole HTML document; `title` is text, `body` is HTML."""
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            # Nothing is loaded and nothing runs, whatever may have got into a text.
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            f"<h1>{text(title)}</h1>",
            *body,
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = (), bad: str = ""
) -> str:
    """Return a table of texts; columns in `right` are numbers, a cell that is `bad` stands out."""

    def cell(name: str, at: int, value: str) -> str:
        classes = ["n"] * (at in right) + ["bad"] * (bad != "" and value == bad)
        marked = f' class="{" ".join(classes)}"' if classes else ""
        scope = ' scope="col"' if name == "th" else ""
        return f"<{name}{scope}{marked}>{text(value)}</{name}>"

    heads = "".join(cell("th", at, heading) for at, heading in enumerate(headings))
    lines = ["<tr>" + "".join(cell("td", at, value) for at, value in enumerate(row)) + "</tr>" for row in rows]
    return "\n".join(
        (
            '<div class="wide"><table>',
            f"<caption>{text(caption)}</caption>",
            f"<thead><tr>{heads}</tr></thead>",
            "<tbody>",
            *lines,
            "</tbody></table></div>",
        )
    )
