"""Media in a bucket of an object storage that speaks S3, for more than one machine.

Readers get them from the application, never from the bucket, which nobody else need see.
"""

import logging
from contextlib import contextmanager
from http import HTTPStatus
from io import BytesIO
from time import monotonic
from urllib.parse import urljoin

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.utils.encoding import filepath_to_uri
from django.utils.functional import cached_property
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

logger = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS = 2, 5
# So long nobody else waits for a bucket that did not answer.
PAUSE_SECONDS = 5
MISSING = {"404", "NoSuchKey"}


class BucketStorage(S3Storage):
    """Raise what a folder would: FileNotFoundError, and ConnectionError while the bucket is away.

    A file is read whole: no answer to a reader breaks off in the middle.
    """

    next_try = 0.0

    def __init__(self, **options):
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=settings.SERVER_THREADS + 2,
            # What botocore adds by itself, servers that are not Amazon's may refuse.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        # Not what stands in the environment for other programs.
        others = {"session_profile": None, "security_token": None, "location": ""}
        transfer = TransferConfig(use_threads=False)
        super().__init__(client_config=config, transfer_config=transfer, **others, **options)

    @cached_property
    def connection(self):
        # One for all threads: its client is made for it, and each more would take 10 MB.
        return super().connection

    @contextmanager
    def asking(self):
        """Ask the bucket; while it is away, one tries at a time and the others are told at once."""
        if self.next_try:
            if monotonic() < self.next_try:
                raise ConnectionError(None, "the bucket is away")
            self.next_try = monotonic() + PAUSE_SECONDS
        try:
            yield
        except ClientError as error:
            self.next_try = 0
            raise self._error_of(error.response) from error
        except BotoCoreError as error:
            raise self._away(f"the bucket does not answer: {type(error).__name__}") from error
        self.next_try = 0

    def _error_of(self, response):
        code = response["Error"].get("Code", "")
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        reason = f"the bucket refuses: {status} {code}"
        if code in MISSING:
            return FileNotFoundError(None, "no such file in the bucket")
        if status == HTTPStatus.BAD_REQUEST:
            # A name that it does not take, which anybody may ask for: nobody else has to wait.
            logger.warning("Media: %s", reason)
            return OSError(None, reason)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self._away(reason)
        logger.error("Media: %s", reason)
        return ConnectionError(None, reason)

    def _away(self, reason):
        self.next_try = monotonic() + PAUSE_SECONDS
        logger.error("Media: %s", reason)
        return ConnectionError(None, reason)

    def _open(self, name, mode="rb"):
        key = self._normalize_name(clean_name(name))
        with self.asking():
            answer = self.connection.meta.client.get_object(Bucket=self.bucket_name, Key=key)
            return File(BytesIO(answer["Body"].read()), name)

    def _save(self, name, content):
        with self.asking():
            return super()._save(name, content)

    def delete(self, name):
        with self.asking():
            super().delete(name)

    def exists(self, name):
        with self.asking():
            return super().exists(name)

    def listdir(self, name):
        with self.asking():
            return super().listdir(name)

    def url(self, name, parameters=None, expire=None, http_method=None):
        """Return the application's address: one that is signed would open the bucket."""
        return urljoin(settings.MEDIA_URL, filepath_to_uri(name))

    def is_open_to_strangers(self):
        with self.asking():
            try:
                client = self.unsigned_connection.meta.client
                client.list_objects_v2(Bucket=self.bucket_name, MaxKeys=1)
            except ClientError:
                return False
        return True
