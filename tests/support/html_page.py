"""A published page as a test reads it.

Belongs here: taking HTML apart. Does not belong here: what should be in it.
"""

from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "link", "br", "path", "circle"}


class Page(HTMLParser):
    """A page's elements with their attributes, and its texts with the element that they stand in.

    Reading it fails where an element is closed that is not the last one opened; ``open`` names those that
    were never closed.
    """

    def __init__(self, path: Path) -> None:
        """Read a file."""
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", " ".join(data.split())))

    def of(self, tag: str) -> list[str]:
        """The texts that stand right in elements of a kind."""
        return [text for found, text in self.texts if found == tag]

    @property
    def text(self) -> str:
        """All that a reader reads."""
        return " ".join(text for tag, text in self.texts if tag != "style")
