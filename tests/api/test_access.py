"""Who is let in: active API Users, by HTTP Basic, and nobody else."""

import base64

from flask.testing import FlaskClient

from portal.api.soap.views import PATH
from portal.models import Resource
from portal.models.people import ADMINISTRATOR, API_USER, SERVICE_DESK
from tests.api.raw import ANY, basic, envelope, post, read, return_code
from tests.conftest import PASSWORD, make_resource, set_password

ZONE = envelope("<a:getZoneInfo><a:UserName>{}</a:UserName></a:getZoneInfo>").decode()


def refused(answer) -> str:
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.content_type.startswith("text/plain")
    return answer.text


def test_an_active_api_user_is_let_in(client: FlaskClient, api_user: Resource):
    assert return_code(post(client, ANY, basic(api_user))) == "1"


def test_other_levels_are_refused_with_the_reason(subtests, client: FlaskClient, session):
    for level in [ADMINISTRATOR, SERVICE_DESK]:
        with subtests.test(level=level):
            assert "API User" in refused(post(client, ANY, basic(make_resource(session, level))))


def test_without_credentials_the_caller_is_asked_for_them(client: FlaskClient):
    assert "HTTP Basic" in refused(post(client, ANY))


def test_a_header_that_holds_no_credentials_is_refused(subtests, client: FlaskClient):
    for header in [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Bearer abc",
        "Digest a=b",
        "",
    ]:
        with subtests.test(header=header):
            assert "HTTP Basic" in refused(post(client, ANY, {"Authorization": header}))


def test_a_wrong_password_and_an_unknown_user_are_refused_alike(client: FlaskClient, api_user: Resource):
    wrong = refused(post(client, ANY, basic(api_user, "wrong")))
    assert wrong == refused(post(client, ANY, basic("nobody")))


def test_an_inactive_api_user_is_refused_at_once(client: FlaskClient, session, api_user: Resource):
    assert return_code(post(client, ANY, basic(api_user))) == "1"
    api_user.active = False
    session.commit()
    assert "inactive" in refused(post(client, ANY, basic(api_user)))


def test_a_changed_password_is_noticed_at_once(client: FlaskClient, session, api_user: Resource):
    assert return_code(post(client, ANY, basic(api_user))) == "1"
    set_password(api_user, "another battery")
    session.commit()
    refused(post(client, ANY, basic(api_user)))
    assert return_code(post(client, ANY, basic(api_user, "another battery"))) == "1"


def test_a_changed_level_is_noticed_at_once(client: FlaskClient, session, api_user: Resource):
    assert return_code(post(client, ANY, basic(api_user))) == "1"
    api_user.security_level = SERVICE_DESK
    session.commit()
    assert "API User" in refused(post(client, ANY, basic(api_user)))


def test_a_password_with_accents_is_understood_as_clients_encode_it(subtests, client: FlaskClient, session):
    for charset in ["utf-8", "latin-1"]:
        with subtests.test(charset=charset):
            who = make_resource(session, API_USER)
            set_password(who, "pässwörd: mit Ümlaut")
            session.commit()
            pair = base64.b64encode(f"{who.user_name}:pässwörd: mit Ümlaut".encode(charset)).decode()
            assert return_code(post(client, ANY, {"Authorization": f"basic {pair}"})) == "1"


def test_a_stranger_learns_nothing_about_a_broken_call(client: FlaskClient):
    assert "HTTP Basic" in refused(post(client, b"<a/>"))
    assert "HTTP Basic" in refused(post(client, b""))


def test_a_call_that_hides_another_behind_get_zone_info_is_not_open(client: FlaskClient, api_user: Resource):
    zone = "<a:getZoneInfo><a:UserName>x</a:UserName></a:getZoneInfo>"
    inner = ANY.decode().partition("<S:Body>")[2].partition("</S:Body>")[0]
    for call in (
        zone + inner,
        inner + zone,
        f"{zone}</S:Body><S:Body>{inner}",
        f"{inner}</S:Body><S:Body>{zone}",
    ):
        refused(post(client, envelope(call)))


def test_asking_without_credentials_is_no_failed_try(client: FlaskClient, api_user: Resource):
    for _ in range(70):
        assert post(client, ANY).status_code == 401
    assert return_code(post(client, ANY, basic(api_user))) == "1"


def zone(answer) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {each.tag.partition("}")[2]: each.text for each in read(answer)[0]}


def test_get_zone_info_needs_no_credentials(client: FlaskClient, api_user: Resource):
    found = zone(
        client.post(
            f"{PATH}.asmx", data=ZONE.format(api_user.user_name.upper()), base_url="https://localhost"
        )
    )
    assert found == {
        "URL": f"https://localhost{PATH}.asmx",
        "ErrorCode": "0",
        "DataBaseType": "Production",
        "CI": "1",
        "WebUrl": "https://localhost/",
    }


def test_get_zone_info_knows_only_active_api_users(client: FlaskClient, session, admin: Resource):
    gone = make_resource(session, API_USER, active=False)
    for name in (admin.user_name, gone.user_name, "nobody", ""):
        assert zone(post(client, ZONE.format(name).encode())) == {"ErrorCode": "-1", "CI": "0"}


def test_asking_get_zone_info_for_one_name_after_the_other_is_held_up(client: FlaskClient, hours_of_waiting):
    answers = [post(client, ZONE.format(f"guess{number}").encode()).status_code for number in range(70)]
    assert answers == [200] * 30 + [429] * 40


def test_a_session_of_the_pages_is_no_way_in(client: FlaskClient, admin: Resource):
    client.post("/sign-in", data={"user_name": admin.user_name, "password": PASSWORD})
    refused(post(client, ANY))
