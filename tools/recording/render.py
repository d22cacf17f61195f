"""Renders what a terminal showed, read from standard input with its colours, as SVG in the file that is named."""

import re
import sys

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

console = Console(record=True, width=92, file=open("/dev/null", "w"), force_terminal=True, color_system="truecolor")
for line in sys.stdin.read().rstrip("\n").split("\n"):
    console.print(Text.from_ansi(line), highlight=False)
picture = console.export_svg(title="zkform/zookeeper", theme=DIMMED_MONOKAI, unique_id="recording")
# A font that is to be fetched from somewhere: a picture in a page may fetch nothing, and the next choice, monospace, will do.
picture = re.sub(r"\s*@font-face \{[^}]*\}", "", picture)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(picture)
