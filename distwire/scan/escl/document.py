"""XML of scanners, read without trust: no entities, no external files, no great depth, elements found by local name.

Makers differ in the namespaces' versions (HP's 2011/05/03 is the usual one), so only the names count.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from distwire.scan.faults import BrokenAnswer

MOST_OCTETS = 1 << 20
"""Of one XML document; a description of a large copier has 30 KB."""


class Element:
    """One element with what is asked of it; a name that is not there is None or empty, never an error."""

    def __init__(self, node: etree._Element) -> None:
        self._node = node

    @property
    def name(self) -> str:
        """The local name."""
        return str(etree.QName(self._node).localname)

    def find_all(self, *path: str) -> list[Element]:
        """Every descendant that is reached by these names, child by child."""
        found = [self]
        for name in path:
            found = [child for one in found for child in one._children() if child.name == name]
        return found

    def find(self, *path: str) -> Element | None:
        """The first one."""
        return next(iter(self.find_all(*path)), None)

    def search(self, name: str) -> list[Element]:
        """Every descendant of that name, however deep."""
        return [Element(node) for node in self._node.iter(f"{{*}}{name}")]

    def read_text(self, *path: str) -> str:
        """Text of the first one, without blanks around it."""
        found = self.find(*path)
        return (found._node.text or "").strip() if found is not None else ""

    def read_number(self, *path: str) -> int | None:
        """A whole number between 0 and a million; None for anything else."""
        text = self.read_text(*path)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None

    def read_attribute(self, name: str) -> str:
        """An attribute without namespace."""
        return str(self._node.get(name) or "")

    def _children(self) -> Iterator[Element]:
        return (Element(node) for node in self._node if isinstance(node.tag, str))


def parse_document(data: bytes, root: str) -> Element:
    """The root element, whose local name has to be `root`. Raises `BrokenAnswer`."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        node = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BrokenAnswer(f"the scanner's {root} is no XML: {str(error).splitlines()[0][:120]}") from error
    if node is None or node.getroottree().docinfo.doctype:
        raise BrokenAnswer(f"the scanner's {root} declares a document type, which no scanner needs: it is not read")
    element = Element(node)
    if element.name != root:
        raise BrokenAnswer(f"the scanner sends <{element.name[:60]}> where the standard asks for <{root}>")
    return element
