"""The settings file is read strictly, by the settings and before anything is installed alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openup.settings_file import SettingsFileError, parse_settings, read_settings_file


def test_settings_file_is_read_with_comments_and_quotes():
    lines = ["# A=1", "", "SITE_URL='http://a.kr'", 'SITE_NAME="Open UP"', "EMPTY="]
    text = "\n".join([*lines, "SECRET_KEY=a=b#c", ""])

    assert parse_settings(text, "var/.env") == {
        "SITE_URL": "http://a.kr",
        "SITE_NAME": "Open UP",
        "EMPTY": "",
        "SECRET_KEY": "a=b#c",
    }


@pytest.mark.parametrize(
    "line",
    [
        *("export KEY=hidden", "KEY =hidden", "KEY= hidden", " KEY=hidden", "KEY=hidden "),
        *("KEY=hidden # why", 'KEY="hidden" # why', "KEY hidden", "1KEY=hidden", "열쇠=hidden"),
        "SITE_NAME=hidden",
    ],
)
def test_a_line_of_another_form_is_refused_by_its_number_without_its_content(line):
    with pytest.raises(SettingsFileError, match=r"var/\.env, line 3: ") as stop:
        parse_settings(f"# Settings\nSITE_NAME=Open UP\n{line}\n", "var/.env")

    assert "hidden" not in str(stop.value)


@given(st.text())
def test_any_settings_file_is_read_or_refused(text):
    try:
        assert isinstance(parse_settings(text, "var/.env"), dict)
    except SettingsFileError as stop:
        assert str(stop).startswith("var/.env, line ")


def test_value_in_quotes_is_read_as_in_a_shell():
    lines = ['SITE_NAME="열린 곳"', 'EMAIL_URL="smtp://a\\\\b"', "MAIL_FROM='a\\b # c'"]
    lines += ['A="it\'s"', 'B=a"b', ""]

    assert parse_settings("\n".join(lines), "var/.env") == {
        "SITE_NAME": "열린 곳",
        "EMAIL_URL": "smtp://a\\b",
        "MAIL_FROM": "a\\b # c",
        "A": "it's",
        "B": 'a"b',
    }


def test_file_of_another_encoding_is_refused_without_its_content(tmp_path):
    path = tmp_path / "settings.env"
    path.write_bytes("SITE_NAME=열린".encode("cp949"))

    with pytest.raises(SettingsFileError, match="UTF-8") as stop:
        read_settings_file(path)

    assert stop.value.__cause__ is None


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SettingsFileError, match=rf"{tmp_path} cannot be read \("):
        read_settings_file(tmp_path)
