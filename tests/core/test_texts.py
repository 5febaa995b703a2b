"""Texts as lines, and texts that can't turn what stands around them."""

import pytest

from portal.core.texts import as_line, isolated

SEPARATORS = [
    "\n",
    "\r",
    "\r\n",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\r\n\u2028\n",
]


@pytest.mark.parametrize("separator", SEPARATORS, ids=ascii)
def test_a_separator_of_lines_becomes_one_space(separator):
    assert as_line(f"{separator}Disk{separator}full {separator}") == "Disk full"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Disk full, größer — ok", "Disk full, größer — ok"),
        ("\u202egpj.exe", "\u2068\u202egpj.exe\u2069"),
        ("שלום", "\u2068שלום\u2069"),
        # closed without having been opened, and opened without being closed
        ("a\u2069\u202eb", "\u2068a\u202eb\u2069"),
        ("a\u2067b", "\u2068a\u2067b\u2069\u2069"),
        ("“\u202ename” was saved.", "\u2068“\u2068\u202ename\u2069” was saved.\u2069"),
    ],
    ids=ascii,
)
def test_a_text_that_turns_is_wrapped_and_no_other(text, kept):
    assert isolated(text) == kept
