"""The values that callouts carry unless others are given, and those that are hard to carry."""

from dataclasses import replace

from mock_rmm.callout import Callout

USUAL = Callout(
    id="8176",
    number="T20211120.0001",
    status="Complete",
    created_datetime="2021-11-20T10:43:34.9030000-05:00",
    last_activity_datetime="2022-03-25T11:23:58.6100000-04:00",
    domain="DEV3.COM",
    udf="MY_UDF_VALUE",
)

SETS: dict[str, Callout] = {
    "usual values": USUAL,
    "a status of two words": replace(USUAL, status="In Progress"),
    "an empty UDF": replace(USUAL, udf=""),
    "spaces at both ends": replace(USUAL, udf="  two  spaces  "),
    "markup": replace(USUAL, udf="""<a b="c" d='e'>&amp; & ]]> <!-- x -->"""),
    "form characters": replace(USUAL, udf="a=b&id=9&c+d %41%zz;e#f?g/h\\i"),
    "accents and other scripts": replace(USUAL, udf="Größe — Привет, 日本語, עברית, e\u0301"),
    "beyond 16 bits": replace(USUAL, udf="😀 𝄞"),
    "line breaks and a tab": replace(USUAL, udf="one\ttwo\nthree\r\nfour"),
    "a control character": replace(USUAL, udf="before\x0bafter"),
    "a long UDF": replace(USUAL, udf="0123456789 é&<" * 100),
}
"""What `--matrix` sends by each pair."""
