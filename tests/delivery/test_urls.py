"""What a URL must look like to be sent to and to be saved, and which receiver it means."""

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.addresses import Allowed, parse_networks
from portal.core.callouts import GET, POST
from portal.http.urls import host_of, saving_problem, url_problem

GOOD_URLS = [
    "http://rmm.example",
    "https://rmm.example/callouts",
    "HTTPS://RMM.Example/Callouts",
    "http://rmm.example:8080/a/b?key=1&x=%20y",
    "http://rmm.example:/",
    "http://rmm.example:65535/",
    "http://localhost:8001/callouts/name-value",
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://[2001:db8::1]:8080/x",
    "http://[fe80::1%25eth0]/",
    "http://[::ffff:127.0.0.1]/",
    "http://grün.example/ü?x=ß",
    "http://日本.example/",
    "http://xn--grn-hoa.example/",
    "http://rmm_1.example/",
    "http://rmm.example./",
    "http://rmm.example/a;b=c/{id}?q='x'",
    "http://rmm.example/@user",
    "http://rmm.example/?at=@",
    "https://rmm.example/" + "a" * (2000 - 20),
]
BAD_URLS = {
    "": "absolute URL",
    "rmm.example/callouts": "absolute URL",
    "//rmm.example/": "absolute URL",
    "/callouts": "absolute URL",
    "http://": "absolute URL",
    "http:///callouts": "absolute URL",
    "http:rmm.example": "absolute URL",
    "http://:80/": "absolute URL",
    "ftp://rmm.example/": "absolute URL",
    "file:///etc/passwd": "absolute URL",
    "javascript:alert(1)": "absolute URL",
    "gopher://rmm.example/": "absolute URL",
    "unix:///var/run/docker.sock": "absolute URL",
    "http://rmm.example/a b": "no spaces",
    " http://rmm.example/": "no spaces",
    "http://rmm.example/\n": "no spaces",
    "http://rmm.example/a\tb": "no spaces",
    "http://rmm.example/\r\nHost: other": "no spaces",
    "http://rmm.example/\x00": "no spaces",
    "http://rmm.example/\x7f": "no spaces",
    "http://rmm.example\\@other.example/": "no spaces",
    "http://rmm.example/\u00a0": "no spaces",
    "http://user@rmm.example/": "out of the URL",
    "http://user:secret@rmm.example/": "out of the URL",
    "http://:secret@rmm.example/": "out of the URL",
    "http://@rmm.example/": "out of the URL",
    "http://rmm.example/#part": "after #",
    "http://rmm.example/?a#": "after #",
    "http://rmm.example:0/": "port",
    "http://rmm.example:65536/": "not a URL",
    "http://rmm.example:-1/": "not a URL",
    "http://rmm.example:eighty/": "not a URL",
    "http://rmm.example:80:80/": "not a URL",
    "http://rmm.example:٨٠/": "not a URL",
    "http://[::1/": "not a URL",
    "http://::1]/": "not a URL",
    "http://[rmm.example]/": "",
    "http://[v1.x]/": "host",
    "http://[::1]x/": "",
    "http://rmm..example/": "host",
    "http://.rmm.example/": "host",
    f"http://{'a' * 64}.example/": "host",
    "http://rmm%20.example/": "host",
    "http://☃.localhost/": "host",
    "http://999.1.1.1/": "host",
    "http://rmm%2eexample/": "host",
    "http://<rmm>.example/": "host",
    "http://*.example/": "host",
    "http://a,b/": "host",
    "http://a;b/": "host",
    'http://"a"/': "host",
    "http://\ud800.example/": "half of a character",
    "http://rmm.example/\ud800": "half of a character",
    "https://rmm.example/" + "a" * (2001 - 20): "longer than 2000",
}


def test_a_url_that_can_be_sent_to_is_accepted(subtests):
    for url in GOOD_URLS:
        with subtests.test(url=url):
            assert url_problem(url) is None


def test_a_url_that_cannot_be_sent_to_is_refused_with_the_reason(subtests):
    for url, part in BAD_URLS.items():
        with subtests.test(url=url, part=part):
            said = url_problem(url)
            assert said is not None
            assert part in said
            assert said.endswith(".")
            assert "secret" not in said


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.text(st.characters(exclude_categories=[]), max_size=30)
    | st.text(st.characters(exclude_categories=[]), max_size=12).map("http://{}".format)
    | st.text("[]:@%#?/.\\ a1é", max_size=12).map("http://{}".format)
)
def test_judging_a_url_never_raises_and_what_passes_names_a_host(url: str):
    if url_problem(url) is None:
        scheme, host, port = host_of(url)
        assert scheme in {"http", "https"}
        assert host
        assert 0 < port < 65536
        url.encode()


def test_a_receiver_is_scheme_host_and_port(subtests):
    for url, host in [
        ("http://rmm.example/a", ("http", "rmm.example", 80)),
        ("https://rmm.example/b?c", ("https", "rmm.example", 443)),
        ("HTTPS://RMM.Example:443", ("https", "rmm.example", 443)),
        ("http://rmm.example:443", ("http", "rmm.example", 443)),
        ("http://rmm.example:/", ("http", "rmm.example", 80)),
        ("http://[::1]:8001/x", ("http", "::1", 8001)),
        ("http://bücher。localhost/", ("http", "xn--bcher-kva.localhost", 80)),
        ("http://ＲＭＭ.localhost/", ("http", "rmm.localhost", 80)),
        ("http://faß.example/", ("http", "xn--fa-hia.example", 80)),
        ("http://rmm_1.BÜCHER.example/", ("http", "rmm_1.xn--bcher-kva.example", 80)),
    ]:
        with subtests.test(url=url, host=host):
            assert host_of(url) == host


UNSAVEABLE = {
    "http://rmm.example/u?note=100%": ("character 30", "%25"),
    "http://rmm.example/100%/x%20y": ("character 23", "%25"),
    "http://rmm.example/%zz": ("character 20", "%25"),
    "http://rmm.example/hook?id=99": ("already has “id”", "POST"),
    "http://rmm.example/hook?a=1&%49%64=99": ("already has “Id”", "POST"),
    "http://rmm.example/hook?a=1;UDF": ("already has “UDF”", "POST"),
    "http://10.0.0.5/x": ("10.0.0.5 is not a public address", "PORTAL_ALLOWED_NETWORKS"),
    "http://10.5/": ("10.0.0.5 is not a public address", "PORTAL_ALLOWED_NETWORKS"),
    "http://0xa000005/": ("10.0.0.5 is not a public address", "PORTAL_ALLOWED_NETWORKS"),
    "http://１０.0.0.5/": ("10.0.0.5 is not a public address", "PORTAL_ALLOWED_NETWORKS"),
    "http://[::ffff:10.0.0.5]/": ("it carries 10.0.0.5", "PORTAL_ALLOWED_NETWORKS"),
}


def test_what_would_not_arrive_as_it_was_typed_is_not_saved(subtests):
    for url, parts in UNSAVEABLE.items():
        with subtests.test(url=url, parts=parts):
            assert url_problem(url) is None
            said = saving_problem(url, GET, Allowed()) or ""
            assert all(part in said for part in parts)


def test_what_arrives_as_it_was_typed_is_saved(subtests):
    for url, transport in [
        ("http://rmm.example/100%25/{x}?q[]=1&ids=2&identity=3", GET),
        ("http://rmm.example/hook?id=99", POST),
        ("http://10.1.0.5/x", POST),
        ("http://10.rmm.example/x", POST),
    ]:
        with subtests.test(url=url, transport=transport):
            assert saving_problem(url, transport, Allowed(parse_networks("10.1.0.0/16"))) is None
