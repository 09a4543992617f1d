"""Work of the night that fails says so."""

import logging

import pytest
from django.core import mail
from django.core.management import call_command

from deploy.processes import ROOT


def test_failure_is_mailed_to_the_operator_and_logged(settings, caplog):
    settings.ADMINS = [("", "ops@example.kr")]

    call_command("tell_failure", "openup-backup.service")

    (sent,) = mail.outbox
    assert sent.to == ["ops@example.kr"]
    assert "openup-backup.service" in sent.subject and "journalctl" in sent.body
    assert caplog.records[-1].levelno == logging.ERROR


def test_failure_in_a_container_is_mailed_with_the_command_that_tells_more(settings):
    settings.ADMINS = [("", "ops@example.kr")]

    call_command("tell_failure", "back_up", "--see", "docker compose logs daily")

    (sent,) = mail.outbox
    assert "back_up" in sent.subject and "`docker compose logs daily`" in sent.body
    assert "journalctl" not in sent.body


def test_failure_is_written_where_mails_go_to_a_folder(settings, tmp_path):
    settings.ADMINS = [("", "ops@example.kr")]
    settings.EMAIL_BACKEND = "openup.backends.mail_folder.FolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)

    call_command("tell_failure", "openup-backup.service")

    (written,) = tmp_path.glob("*.eml")
    assert "To: ops@example.kr" in written.read_text()


def test_failure_is_logged_where_nobody_is_to_be_mailed(settings, caplog):
    settings.ADMINS = []

    call_command("tell_failure", "openup-backup.service")

    assert mail.outbox == []
    assert caplog.records[-1].levelno == logging.ERROR


@pytest.mark.parametrize("unit", ["openup-backup.service", "openup-daily.service"])
def test_work_of_the_night_names_who_tells_of_its_failure(unit):
    text = (ROOT / "deploy" / "systemd" / unit).read_text()

    assert "OnFailure=openup-failed@%n.service" in text
