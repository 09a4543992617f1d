"""An object storage of our own, for the time of the tests: a mock of S3 that answers over HTTP."""

import logging
import os
from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer

KEY, SECRET, BUCKET = "openup", "geheim/with+signs", "media"


def client_of(endpoint):
    """Return a client of the bucket's owner."""
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)


@contextmanager
def running_bucket():
    """Give the address of a server that has a bucket."""
    # A real one, which tests/deployed/test_object_storage.py has started.
    if endpoint := os.environ.get("TEST_BUCKET_ENDPOINT"):
        yield endpoint
        return
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        client_of(endpoint).create_bucket(Bucket=BUCKET)
        yield endpoint
    finally:
        server.stop()
