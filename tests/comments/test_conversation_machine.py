"""Several actors on one thread, in any order: counts, tree, sight, no revival, no leak."""

from dataclasses import dataclass, field
from itertools import count

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from comments.identity import credentials
from comments.models import Comment, CommentRevision
from comments.models.comment.placement import MAX_DEPTH
from tests.comments.test_thread_pages import check_counts
from tests.factories import make_article

ACTORS = {
    "mina": {"email": "mina@example.com", "password": "right horse key"},
    "bora": {"email": "bora@example.com", "password": "other horse key"},
    "sora": {"email": "sora@example.com", "password": "third horse key"},
}
actors = st.sampled_from(sorted(ACTORS))
# Most acts are their owner's: a stranger's end at once.
is_owner = st.sampled_from([True, True, True, False])
PAGES_LOOKED_AT = 3
numbers = count(1)


@dataclass
class Known:
    """What the machine expects of one comment."""

    pk: int
    owner: str
    body: str
    state: str = "published"
    # Earlier texts by version; None once removed.
    earlier: dict = field(default_factory=dict)
    version: int = 1


class Conversation(RuleBasedStateMachine):
    comments = Bundle("comments")

    def __init__(self):
        super().__init__()
        self.article = make_article()
        self.client = Client()
        self.staff = User.objects.get(username="moderator")
        self.known = []
        self.steps = 0

    @initialize(target=comments)
    def begin(self):
        """Begin with what every longer conversation has: an answered comment that was edited."""
        root = self.post("mina")
        reply = self.reply(root, "bora")
        self.edit(root, True, False)
        return multiple(root, reply)

    def actor_for(self, comment, is_owner):
        return next(actor for actor in ACTORS if (actor == comment.owner) == is_owner)

    def send(self, verb, pk, actor, **fields):
        address = reverse(f"comments:comment_{verb}", args=[pk])
        return self.client.post(address, {**ACTORS[actor], **fields}).status_code

    def text(self):
        return f"글{next(numbers)}끝"

    def take(self, actor, body):
        comment = Comment.objects.order_by("pk").last()
        assert comment.body == body
        self.known.append(Known(comment.pk, actor, body))
        return self.known[-1]

    @rule(target=comments, actor=actors)
    def post(self, actor):
        body = self.text()
        assert self.send("create", self.article.pk, actor, body=body) == 302
        return self.take(actor, body)

    @rule(target=comments, parent=comments, actor=actors)
    def reply(self, parent, actor):
        body = self.text()
        status = self.send("reply", parent.pk, actor, body=body)
        assert status == (302 if parent.state == "published" else 404)
        return self.take(actor, body) if status == 302 else multiple()

    @rule(comment=comments, is_owner=is_owner, is_stale=st.sampled_from([False, False, True]))
    def edit(self, comment, is_owner, is_stale):
        body = self.text()
        actor = self.actor_for(comment, is_owner)
        version = max(1, comment.version - is_stale)
        status = self.send("edit", comment.pk, actor, body=body, version=version)
        if comment.state != "published":
            assert status == 404
        elif not is_owner:
            assert status == 403
        elif version != comment.version:
            assert status == 409
        else:
            assert status == 302
            comment.earlier[comment.version] = comment.body
            comment.version += 1
            comment.body = body

    @rule(comment=comments, is_owner=is_owner)
    def delete(self, comment, is_owner):
        actor = self.actor_for(comment, is_owner)
        status = self.send("delete", comment.pk, actor)
        if comment.state not in {"published", "hidden"}:
            assert status == 404
        elif not is_owner:
            assert status == 403
        else:
            assert status == 302
            comment.state = "deleted"

    @rule(comment=comments, is_owner=is_owner, version=st.sampled_from([1, 1, 2]))
    def remove_revision(self, comment, is_owner, version):
        actor = self.actor_for(comment, is_owner)
        address = reverse("comments:comment_revision_remove", args=[comment.pk, version])
        status = self.client.post(address, ACTORS[actor]).status_code
        if comment.state not in {"published", "hidden"} or not comment.earlier.get(version):
            assert status == 404
        elif not is_owner:
            assert status == 403
        else:
            assert status == 302
            comment.earlier[version] = None

    @rule(comment=comments, act=st.sampled_from(["hide", "hold", "approve", "restore"]))
    def moderate(self, comment, act):
        row = Comment.objects.get(pk=comment.pk)
        getattr(row, act)(by=self.staff, reason="까닭")
        if comment.state != "deleted":
            after = {"hide": "hidden", "hold": "held", "approve": "published"}
            comment.state = after.get(act, "published")

    @rule(actor=actors)
    def erase(self, actor):
        """Delete all that an address wrote, as its owner may."""
        digest = credentials.email_digest(ACTORS[actor]["email"])
        for comment in Comment.objects.filter(article=self.article, email_digest=digest):
            comment.delete_by_author()
        for comment in self.known:
            if comment.owner == actor:
                comment.state = "deleted"

    @invariant()
    def stored_state_is_the_expected_one(self):
        rows = {comment.pk: comment for comment in Comment.objects.filter(article=self.article)}
        for known in self.known:
            row = rows[known.pk]
            assert row.state == known.state
            if known.state == "deleted":
                assert not (row.body or row.name or row.email_digest or row.password)
                assert not CommentRevision.objects.filter(comment=row).exists()
            else:
                assert (row.body, row.edit_version) == (known.body, known.version)

    @invariant()
    def tree_and_counts_hold(self):
        if not self.known:
            return
        check_counts(self.article)
        rows = {comment.pk: comment for comment in Comment.objects.filter(article=self.article)}
        for row in rows.values():
            if parent := rows.get(row.parent_id):
                assert parent.path < row.path and parent.root_number == row.root_number
                assert parent.reply_number < row.reply_number
                assert row.depth == min(parent.depth + 1, MAX_DEPTH)
                assert row.depth == MAX_DEPTH or row.path.startswith(parent.path)

    @invariant()
    def readers_see_what_is_there_and_nothing_else(self):
        self.steps += 1
        if self.steps % PAGES_LOOKED_AT == 0:
            self.look_at_pages()

    def teardown(self):
        self.look_at_pages()

    def look_at_pages(self):
        page = self.client.get(self.article.get_absolute_url()).content.decode()
        for known in self.known:
            assert (known.body in page) == (known.state == "published")
            assert not [text for text in known.earlier.values() if text and text in page]
        for known in [known for known in self.known if known.earlier][-2:]:
            response = self.client.get(f"/comments/{known.pk}/history/?page=1")
            assert response.status_code == (200 if known.state == "published" else 404)
            for version, text in known.earlier.items():
                link = f'/history/{version}/remove/"'
                if version <= 5 and known.state == "published":
                    assert (link in response.content.decode()) == bool(text)


@pytest.mark.django_db
def test_conversation_holds_whoever_does_what_in_any_order(settings):
    # The rules are about who may do what; what a guess costs has tests of its own.
    settings.BENCHMARK_WITHOUT_LIMITS = True
    User.objects.create_user("moderator", is_staff=True)
    # To shorten what fails would take minutes: every step asks a page.
    bounds = hypothesis_settings(
        max_examples=8, stateful_step_count=20, phases=[Phase.explicit, Phase.generate]
    )

    run_state_machine_as_test(Conversation, settings=bounds)
