"""Texts as lines, the one fold for names, searches and Contains, and texts that can't turn what stands around them."""

from portal.core.texts import as_line, fold, fold_name, isolated

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


def test_a_separator_of_lines_becomes_one_space(subtests):
    for separator in SEPARATORS:
        with subtests.test(separator=separator):
            assert as_line(f"{separator}Disk{separator}full {separator}") == "Disk full"


def test_a_text_that_turns_is_wrapped_and_no_other(subtests):
    for text, kept in [
        ("Disk full, größer — ok", "Disk full, größer — ok"),
        ("\u202egpj.exe", "\u2068\u202egpj.exe\u2069"),
        ("שלום", "\u2068שלום\u2069"),
        # closed without having been opened, and opened without being closed
        ("a\u2069\u202eb", "\u2068a\u202eb\u2069"),
        ("a\u2067b", "\u2068a\u2067b\u2069\u2069"),
        ("“\u202ename” was saved.", "\u2068“\u2068\u202ename\u2069” was saved.\u2069"),
    ]:
        with subtests.test(text=text, kept=kept):
            assert isolated(text) == kept


def test_what_reads_alike_folds_alike(subtests):
    for one, other in [
        ("Büro", "BÜRO"),
        ("Café", "Cafe\u0301"),
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("\u0130zmir", "i\u0307zmir"),
        ("ᾼ", "ᾳ"),
        # marks in another order
        ("a\u0323\u0307", "a\u0307\u0323"),
    ]:
        with subtests.test(one=one, other=other):
            assert fold(one) == fold(other)


def test_what_reads_otherwise_folds_otherwise(subtests):
    for one, other in [("Cafe", "Café"), ("I", "ı"), ("½", "1⁄2"), ("ﬁ\u200b", "fi")]:
        with subtests.test(one=one, other=other):
            assert fold(one) != fold(other)


def test_a_blank_more_makes_no_other_name():
    assert fold_name(" A \u00a0 b ") == fold_name("a B")
