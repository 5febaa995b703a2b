"""Bodies as they are shown: laid out, cut, and byte by byte where text would hide something."""

import pytest

from mock_rmm.web.show import MOST_SHOWN, as_text, byte_lines, cut_words, laid_out
from tests.mock_rmm.running import CALLOUT
from tests.mock_rmm.senders import call_element, envelope


def test_an_envelope_is_laid_out_and_keeps_its_values():
    text = laid_out(envelope(call_element({**CALLOUT, "domain": "  two  spaces  ", "number": ""})))
    assert "    <MyWebMethod" in text
    assert "\n      <domain>  two  spaces  </domain>\n" in text
    assert "<udf>MY &amp; &lt;UDF&gt; ü</udf>" in text


def test_what_is_no_harmless_document_is_not_laid_out(subtests: pytest.Subtests):
    for body in [
        b"",
        b"id=1&number=2",
        b"<a",
        b"<a>as it is</a>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;<c/></a>',
        b"<a>" * 40 + b"</a>" * 40,
        b"<a><b/></a>" + b" " * MOST_SHOWN,
        b'<?xml version="1.0" encoding="no-such"?><a><b/></a>',
    ]:
        with subtests.test(body=body):
            assert laid_out(body) == ""


def test_a_document_in_another_charset_is_laid_out_in_letters():
    assert "ü" in laid_out('<?xml version="1.0" encoding="iso-8859-1"?><a><b>ü</b></a>'.encode("latin-1"))


def test_bytes_are_shown_where_text_hides_them():
    assert byte_lines("grün\r\n".encode()) == ""
    assert byte_lines("grün".encode("latin-1")) == f"000000  {'67 72 fc 6e':<47}  gr.n"
    assert byte_lines(b"a\x00b").endswith("a.b")
    assert byte_lines("zero\u200bwidth".encode())
    lines = byte_lines(b"\xff" * 100_000).splitlines()
    assert len(lines) == 32
    assert lines[1].startswith("000010  ff ff")


def test_a_long_body_is_cut_and_says_so():
    assert len(as_text(b"x" * (MOST_SHOWN + 5))) == MOST_SHOWN
    assert cut_words(b"x" * (MOST_SHOWN + 5)).startswith("5 more bytes")
    assert cut_words(b"x" * MOST_SHOWN) == ""
