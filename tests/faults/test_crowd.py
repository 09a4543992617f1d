"""While more write than the cores have hashes for, pages go on being read."""

import re
import threading

import pytest

from tests.faults.server import Server
from tests.faults.test_pages_under_writes import make_site

pytestmark = pytest.mark.database

# More than there are places with two threads: some are refused at once, some in vain wait.
WRITERS = 24


class Crowd:
    """Posts one comment from each of `WRITERS` clients at once."""

    def __init__(self, server, path):
        self.server, self.path = server, path.rsplit("/", 2)[0] + "/comments/"
        self.answers = []
        self.begin = threading.Barrier(WRITERS + 1)
        self.writers = [
            threading.Thread(target=self.post, args=[number]) for number in range(WRITERS)
        ]

    def post(self, number):
        fields = {"email": f"mina{number}@example.com", "password": "right horse", "body": "글"}
        self.begin.wait()
        self.answers.append(self.server.request("POST", self.path, fields))

    def is_writing(self):
        return any(writer.is_alive() for writer in self.writers)


def test_crowd_of_writers_is_answered_in_order_and_stops_no_reader(environment):
    environment |= {"SERVER_THREADS": "2"}
    path = make_site(environment)
    server = Server(environment, threads=16)
    try:
        server.request("GET", path)
        crowd, statuses = Crowd(server, path), []
        for writer in crowd.writers:
            writer.start()
        crowd.begin.wait()
        while crowd.is_writing():
            statuses.append(server.request("GET", path).status)
        shown = re.findall(r'id="comment-\d', server.request("GET", path).text)
    finally:
        server.kill()

    posted = [answer for answer in crowd.answers if answer.status == 302]
    refused = [answer for answer in crowd.answers if answer.status == 503]
    assert set(statuses) == {200}
    assert posted and refused and len(posted) + len(refused) == WRITERS
    assert all(answer.getheader("Retry-After") for answer in refused)
    assert len(shown) == len(posted)
