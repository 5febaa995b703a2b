"""Settings come from the environment; a wrong one stops the start in words that say what to do."""

import pytest

from mock_rmm.settings import DEFAULT_UDF_NAMES, Settings, WrongSettings, udf_variable

SAFE = {"MOCK_RMM_ADMIN_TOKEN": "x" * 16, "MOCK_RMM_PASSWORD": "another"}


def problems(environ: dict[str, str]) -> list[str]:
    with pytest.raises(WrongSettings) as wrong:
        Settings.from_env(environ)
    return wrong.value.problems


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_env({}) == Settings()
    assert Settings.from_env({"MOCK_RMM_PORT": "", "MOCK_RMM_PASSWORD": " "}) == Settings()


def test_settings_are_read():
    settings = Settings.from_env(
        {
            "MOCK_RMM_PORT": "9001",
            "PORTAL_API_URL": "https://portal.example/ATServices/1.6/atws.wsdl",
            "MOCK_RMM_COMPANY_ID": "7",
            "MOCK_RMM_UDF_XML_RPC": "Acme Alert ID",
            "MOCK_RMM_ACCESS_LOG": "ON",
            "MOCK_RMM_NOTE_PAUSE": "0.5",
        }
    )
    assert (settings.port, settings.company_id, settings.access_log, settings.note_pause) == (
        9001,
        7,
        True,
        0.5,
    )
    assert settings.udf_names == {**DEFAULT_UDF_NAMES, "xml-rpc": "Acme Alert ID"}


def test_a_wrong_setting_is_named_with_what_to_do(subtests: pytest.Subtests):
    for name, value in [
        ("MOCK_RMM_PORT", "http"),
        ("MOCK_RMM_PORT", "0"),
        ("MOCK_RMM_PORT", "8001.5"),
        ("MOCK_RMM_PORT", "nan"),
        ("MOCK_RMM_THREADS", "1"),
        ("MOCK_RMM_COMPANY_ID", "-1"),
        ("MOCK_RMM_ACCESS_LOG", "maybe"),
        ("MOCK_RMM_ONE_CORE", "two"),
        ("MOCK_RMM_LOG_LEVEL", "loud"),
        ("PORTAL_API_URL", "portal.example"),
        ("PORTAL_API_URL", "http://["),
        ("MOCK_RMM_ADMIN_TOKEN", "short"),
    ]:
        with subtests.test(name=name, value=value):
            (problem,) = problems({name: value})
            assert name in problem
            assert any(words in problem for words in ("make it", "give it"))


def test_everything_wrong_is_told_at_once():
    assert len(problems({"MOCK_RMM_PORT": "x", "MOCK_RMM_THREADS": "x", "MOCK_RMM_HOST": "0.0.0.0"})) == 4


def test_others_can_reach_it_only_with_a_token_and_a_password_of_ones_own(subtests: pytest.Subtests):
    for host in ["0.0.0.0", "::", "192.168.1.5", "rmm.example"]:
        with subtests.test(host=host):
            assert [word in " ".join(problems({"MOCK_RMM_HOST": host})) for word in SAFE] == [True, True]
            assert Settings.from_env({"MOCK_RMM_HOST": host, **SAFE}).host == host


def test_loopback_needs_neither(subtests: pytest.Subtests):
    for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"]:
        with subtests.test(host=host):
            assert Settings.from_env({"MOCK_RMM_HOST": host}).on_loopback


def test_passwords_are_not_shown_when_settings_are():
    settings = Settings(password="secret-1", admin_token="secret-2", portal_api_password="secret-3")
    assert "secret" not in repr(settings)


def test_each_door_has_a_udf_of_its_own():
    assert (
        len({udf_variable(door) for door in DEFAULT_UDF_NAMES}) == len(set(DEFAULT_UDF_NAMES.values())) == 4
    )
