"""Decodes untrusted bytes: by the declared charset, or by a guess if that can't be right."""

import codecs
import re

_KNOWN = re.compile(
    r"utf-?(8|16|32)([-_]?[lb]e)?|(us-)?ascii|iso[-_]?8859[-_]\d{1,2}|latin-?1|(windows-|cp)125\d|"
    r"shift[-_]jis|gbk|gb2312|gb18030|big5|euc[-_](jp|kr)|koi8[-_][ru]",
    re.IGNORECASE | re.ASCII,
)
# UTF-32 before UTF-16, whose mark it begins with
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))', re.ASCII)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")


def is_known(name: str) -> bool:
    """Return whether a charset is one that texts are written in; Python knows other codecs, too."""
    return bool(_KNOWN.fullmatch(name))


def parameters(header: str) -> dict[str, str]:
    """Return the parameters of a Content-Type (RFC 9110, 8.3), by their names in lower case; the first one counts."""
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(header):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
    return found


def markup_text(body: bytes, charset: str = "") -> str:
    """Decode what may be XML. Never fails: the last resort is Latin-1.

    A byte order mark comes first, then the charset of the Content-Type (RFC 7303, 3.2), then the XML
    declaration. A charset is wrong if decoding loses most of the "<" bytes or yields many NULs: .NET's string writers
    and PHP pages declare such charsets.
    """
    marks = [name for mark, name in _MARKS if body.startswith(mark)]
    declared = _DECLARED.search(body.replace(b"\x00", b""))
    names = [*marks, charset, declared[1].decode() if declared else ""]
    if b"\x00" in body:
        names += ["utf-16-le", "utf-16-be"]
    for name in filter(is_known, [*names, "utf-8", "windows-1252"]):
        try:
            text = body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if text.count("<") * 2 >= body.count(b"<") and text.count("\x00") * 4 <= len(text):
            return text.lstrip("\ufeff")
    return body.decode("latin-1")
