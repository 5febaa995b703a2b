"""What holds for every page and every route, whoever adds the next one."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal import api
from portal.models import Resource
from portal.models.people import API_USER, SERVICE_DESK
from portal.web.access import POLLED_ENDPOINTS, PUBLIC_ENDPOINTS
from portal.web.presenting import navigation
from tests.conftest import PASSWORD, make_resource, sign_in
from tests.web.everything import fill

TEMPLATES = Path(__file__).parents[2] / "portal" / "web" / "templates"
# Whatever is added here can be reached by anybody who reaches the portal.
PUBLIC = {
    "static",
    "bootstrap.static",
    "auth.sign_in",
    "home.health",
    "monitoring.ready",
    "monitoring.show_metrics",
    "atws.service",
    "atws.wsdl",
    "atws.unknown",
    "rest.unknown",
}


@pytest.fixture
def full(app: Flask, session, admin: Resource) -> Resource:
    fill(app, session, admin)
    return admin


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Give every route with each of its methods."""
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def address(rule: Rule, number: int = 1) -> str:
    """Fill a route's arguments in."""
    arguments = {
        name: "status" if "string" in type(rule._converters[name]).__name__.lower() else number
        for name in rule.arguments
    }
    built = rule.build(arguments | ({"filename": "x"} if "filename" in rule.arguments else {}))
    assert built is not None, rule
    return built[1]


def test_the_public_routes_are_these_and_no_others(app):
    assert PUBLIC_ENDPOINTS | api.PUBLIC_ENDPOINTS == PUBLIC
    assert set(app.view_functions) >= PUBLIC


def test_every_other_route_needs_a_sign_in(app, client):
    checked = 0
    for rule, method in routes(app):
        if rule.endpoint in PUBLIC:
            continue
        answer = client.open(address(rule), method=method)
        assert answer.status_code == 302, f"{method} {rule}"
        assert urlsplit(answer.location).path == "/sign-in", f"{method} {rule}"
        checked += 1
    assert checked > 20


def test_every_admin_route_refuses_the_other_levels(app, client, session, full):
    sign_in(client, make_resource(session, SERVICE_DESK))
    checked = 0
    for rule, method in routes(app):
        if rule.rule.startswith("/admin"):
            answer = client.open(address(rule), method=method)
            assert answer.status_code == 403, f"{method} {rule}"
            checked += 1
    assert checked > 15


def test_an_api_user_cannot_sign_in_to_pages(client, session):
    who = make_resource(session, API_USER)
    answer = client.post("/sign-in", data={"user_name": who.user_name, "password": PASSWORD})
    assert answer.status_code == 422
    assert "for the API only" in answer.text
    assert client.get("/").status_code == 302


def test_whatever_the_navigation_calls_admin_is_under_admin(app):
    for item in navigation.ADMIN:
        (rule,) = [each for each in app.url_map.iter_rules() if each.endpoint == item.endpoint]
        assert rule.rule.startswith("/admin/"), rule


def test_every_form_needs_its_token(app, client, full):
    sign_in(client, full)
    app.config["WTF_CSRF_ENABLED"] = True
    checked = 0
    for rule, method in routes(app):
        if method != "GET" and rule.endpoint not in api.PUBLIC_ENDPOINTS:
            answer = client.open(address(rule), method=method)
            assert answer.status_code == 400, f"{method} {rule}"
            assert "Your session has ended" in answer.text, f"{method} {rule}"
            checked += 1
    assert checked > 15


def test_an_id_that_names_nothing_is_a_404_and_never_an_error(app, client, full, subtests):
    for number in [999_999, 2**31, 2**63, 10**30]:
        with subtests.test(number=number):
            sign_in(client, full)
            for rule, method in routes(app):
                if rule.arguments and rule.endpoint not in PUBLIC and "lists" not in rule.endpoint:
                    answer = client.open(address(rule, number), method=method)
                    assert answer.status_code == 404, f"{method} {rule} {number}"


def crawl(client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Follow every link from the start page; give each page's address and text once."""
    seen: set[str] = set()
    ahead = ["/"]
    while ahead:
        path = ahead.pop()
        answer = client.get(path, buffered=True)
        if answer.status_code in {301, 302, 308}:
            ahead += [each for each in [urlsplit(answer.location).path] if each not in seen]
            seen.add(urlsplit(answer.location).path)
            continue
        assert answer.status_code == 200, path
        if not answer.mimetype.startswith("text/html"):
            continue
        yield path, answer.text
        for link in lxml.html.fromstring(answer.text).iterlinks():
            _, attribute, target, _ = link
            whole = urlsplit(urljoin(f"http://localhost{path}", target))
            found = whole.path + (f"?{whole.query}" if whole.query else "")
            if attribute == "href" and whole.netloc == "localhost" and found not in seen:
                # a list's order and pages are shown by its own tests
                if "sort=" not in whole.query:
                    ahead.append(found)
                seen.add(found)


def complaints(html: str) -> list[str]:
    """Say what a page does that ours never do."""
    tree = lxml.html.fromstring(html)
    for template in tree.findall(".//template"):
        template.drop_tree()  # no part of the page until a script makes it one
    elements = [each for each in tree.iter() if isinstance(each.tag, str)]
    found = [*of_the_whole(tree), *(said for each in elements for said in of_an_element(each))]
    ids = [each.get("id") for each in elements if each.get("id")]
    found += [f"the id {name} twice" for name in set(ids) if ids.count(name) > 1]
    found += [
        f"<{each.tag} {name}={target}> names nothing"
        for each in elements
        for name in ("aria-describedby", "aria-labelledby", "for", "aria-controls")
        for target in (each.get(name) or "").split()
        if target not in ids
    ]
    return found


def of_the_whole(tree) -> Iterator[str]:
    if len(tree.findall(".//h1")) != 1:
        yield "not one h1"
    if not (tree.findtext(".//title") or "").endswith(" · Roundtrip"):
        yield "a title that does not name the product"


def of_an_element(element) -> Iterator[str]:
    if element.tag == "script" and not element.get("src"):
        yield "an inline script"
    for name in element.attrib:
        if name == "style" or name.startswith("on"):
            yield f"<{element.tag} {name}>"
    posts = element.tag == "form" and element.get("method", "").lower() == "post"
    if posts and len(element.xpath('.//input[@name="csrf_token"]')) != 1:
        yield "a form without its token"


def follow_all(app: Flask, client: FlaskClient, who: Resource, secrets: tuple[str, ...]) -> set[str]:
    """Look at every page that links lead to; give the endpoints that pages ask for by themselves."""
    urls, polled = app.url_map.bind("localhost"), set()
    app.config["WTF_CSRF_ENABLED"] = True
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    is_admin = who.is_admin
    sign_in_with_token(client, who)
    pages = 0
    for path, html in crawl(client):
        assert complaints(html) == [], path
        assert is_admin or "/admin" not in html, path
        for secret in (*secrets, "rmm-secret", "api-secret", PASSWORD):
            assert secret not in html, path
        polled |= {urls.match(urlsplit(each).path)[0] for each in re.findall(r'data-poll="([^"]+)"', html)}
        pages += 1
    assert pages > 10
    return polled


def test_every_link_of_a_technicians_leads_to_a_page_that_keeps_the_conventions(app, client, session, full):
    follow_all(app, client, make_resource(session, SERVICE_DESK), (full.password_hash,))


def test_every_link_of_an_admins_does_and_all_templates_are_rendered(app, client, full, monkeypatch):
    loaded: set[str] = set()
    loader = app.jinja_env.loader
    find = type(loader).get_source

    def get_source(self, environment, template):
        loaded.add(template)
        return find(self, environment, template)

    monkeypatch.setattr(type(loader), "get_source", get_source)
    app.jinja_env.cache.clear()
    client.get("/sign-in")
    # whoever adds a part that is polled adds it there
    assert follow_all(app, client, full, (full.password_hash,)) == POLLED_ENDPOINTS
    client.get("/nothing-here")
    for rule, method in routes(app):
        # what no link leads to: parts that portal.js asks for
        if method == "GET" and rule.endpoint not in PUBLIC:
            client.get(address(rule))
    # what is shown once, as a form's answer
    app.config["WTF_CSRF_ENABLED"] = False
    made = {
        "name": "Acme RMM",
        "url": "https://rmm.example/",
        "transport": "POST",
        "data_format": "name_value",
    }
    client.post("/admin/callouts/new", data=made | {"signing_action": "make"})
    ours = {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")}
    assert ours - loaded == set()


def sign_in_with_token(client: FlaskClient, who: Resource) -> None:
    page = lxml.html.fromstring(client.get("/sign-in").text)
    (token,) = page.xpath('//form//input[@name="csrf_token"]/@value')
    answer = client.post(
        "/sign-in", data={"user_name": who.user_name, "password": PASSWORD, "csrf_token": token}
    )
    assert answer.status_code == 302, answer.text


def test_every_answer_bears_the_security_headers(app, client, full):
    answers = [
        client.get("/sign-in"),
        client.get("/nothing-here"),
        client.get("/static/portal.css", buffered=True),
    ]
    sign_in(client, full)
    answers += [
        client.get(item.rule, buffered=True) for item in app.url_map.iter_rules() if not item.arguments
    ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(client, admin):
    answer = client.post("/sign-in", data={"user_name": admin.user_name, "password": PASSWORD})
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if each.startswith("roundtrip=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
