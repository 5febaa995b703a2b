"""Paths of the web services API, which clients write in any case."""

import re
from typing import Final

from werkzeug.routing import BaseConverter, Map

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class AnyCase(BaseConverter):
    """A part of a path that is one word in any case: ``<anycase('ATServices'):root>``."""

    def __init__(self, url_map: Map, word: str) -> None:
        super().__init__(url_map)
        self.regex = f"(?i:{re.escape(word)})"
        self._word = word

    def to_url(self, value: object) -> str:
        del value
        return self._word
