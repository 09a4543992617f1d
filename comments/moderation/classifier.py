"""An outside classifier may ask for a comment to be read first; it decides nothing else.

COMMENT_CLASSIFIER names a function that takes a `Submission` and returns the reason for a review,
or "". Whatever goes wrong with it, the comment waits for review and its writer is told so.
"""

import json
import logging
import time
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from threading import BoundedSemaphore, Thread
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from articles.content.text import normalise_line

MAX_ANSWER_BYTES = 16 * 1024
MAX_REASON_CHARACTERS = 200
# One that never answers keeps a thread for good: so many, and no more are begun.
MAX_ASKED_AT_ONCE = 16

logger = logging.getLogger(__name__)
_places = BoundedSemaphore(MAX_ASKED_AT_ONCE)


@dataclass(frozen=True)
class Submission:
    """What a classifier is told: the text and where it stands, and nothing of who wrote it."""

    name: str
    body: str
    article: str


def classifier_reasons(article, name, body):
    """Return why the classifier wants the text read first, as [{"rule": …, "text": …}].

    May take COMMENT_CLASSIFIER_SECONDS in all, so it is asked outside of any transaction.
    """
    if not settings.COMMENT_CLASSIFIER:
        return []
    submission = Submission(name, body, settings.SITE_URL + article.get_absolute_url())
    try:
        reason = ask_in_time(import_string(settings.COMMENT_CLASSIFIER), submission)
    except Exception as error:  # noqa: BLE001 - somebody else's code: any failure means a review
        logger.warning("The classifier of comments failed: %s.", type(error).__name__)
        reason = _("The classifier could not be asked.")
    return [{"rule": _("Classifier"), "text": reason[:MAX_REASON_CHARACTERS]}] if reason else []


def ask_in_time(classify, submission):
    """Return the reason that `classify` gives, without what no database keeps, or "" for none.

    Raises TimeoutError after COMMENT_CLASSIFIER_SECONDS, whatever it waits for: a name server, a
    handshake, an answer that comes in drops. Its thread is left behind then.
    """
    deadline = time.monotonic() + settings.COMMENT_CLASSIFIER_SECONDS
    if not _places.acquire(timeout=settings.COMMENT_CLASSIFIER_SECONDS):
        raise TimeoutError
    answer = Future()
    Thread(target=_ask, args=(classify, submission, answer), daemon=True).start()
    reason = str(answer.result(timeout=max(0, deadline - time.monotonic())) or "")
    said = normalise_line(reason.encode(errors="replace").decode())
    return said or (reason and _("The classifier holds it."))


def _ask(classify, submission, answer):
    try:
        answer.set_result(classify(submission))
    except BaseException as error:  # noqa: BLE001 - whoever waits for the answer raises it
        answer.set_exception(error)
    finally:
        _places.release()


def ask_over_http(submission):
    """Post the submission as JSON; the answer expected is {"hold": true or false, "reason": "…"}.

    Raises OSError, http.client.HTTPException, and ValueError or KeyError for another answer.
    """
    seconds = settings.COMMENT_CLASSIFIER_SECONDS
    deadline = time.monotonic() + seconds
    request = Request(  # noqa: S310 - the settings allow http and https alone
        settings.COMMENT_CLASSIFIER_URL,
        json.dumps(asdict(submission)).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
    )
    answer = b""
    with build_opener(_NoRedirects).open(request, timeout=seconds) as response:
        while piece := response.read1(MAX_ANSWER_BYTES):
            answer += piece
            if len(answer) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                raise ValueError("The answer is too long, or takes too long.")
    verdict = json.loads(answer)
    if verdict["hold"] not in {True, False}:
        raise ValueError("Not a yes or no.")
    return verdict["hold"] and (str(verdict.get("reason", "")) or " ")


class _NoRedirects(HTTPRedirectHandler):
    """The text goes where the operator said and nowhere else."""

    def redirect_request(self, *args, **kwargs):
        return None
