"""What was asked for in a window of this PC, and cannot be done."""

from __future__ import annotations


class Refusal(Exception):
    """The message is for people, in English. A window that speaks another language has words of its own for `keyword`,
    or shows the message where it has none."""

    def __init__(self, message: str, keyword: str = "") -> None:
        super().__init__(message)
        self.keyword = keyword
