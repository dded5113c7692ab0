"""Write docs/keys.md from the registry of commands; run it after changing tui/commands.py.

`python docs/generate_keys.py` writes the page; a test fails while it is out of date.
"""

from pathlib import Path

from tui.commands import keys_page

PAGE = Path(__file__).resolve().parent / "keys.md"

if __name__ == "__main__":
    PAGE.write_text(keys_page(), encoding="utf-8")
