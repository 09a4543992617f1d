from contextlib import suppress

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from comments.identity.credentials import canonical_address, digests
from comments.identity.encryption import Unreadable, is_sealed_by_first_key, new_token, seal, unseal


class Subscriber(models.Model):
    """Who hears of comments: a commenter, whose confirmed address is kept encrypted, or staff.

    A commenter's row goes with the last subscription.
    """

    email_digest = models.CharField(
        max_length=90, null=True, blank=True, unique=True, editable=False
    )
    sealed_address = models.TextField(editable=False, blank=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("staff"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    # Stands in every mail and ends all notices; it opens nothing else.
    stop_token = models.CharField(max_length=43, unique=True, default=new_token, editable=False)
    last_mailed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, email_digest__isnull=True, sealed_address="")
                | (Q(user__isnull=True, email_digest__isnull=False) & ~Q(sealed_address="")),
                name="subscriber_is_staff_or_an_address",
            )
        ]

    def __str__(self):
        return str(self.user) if self.user_id else f"#{self.pk}"

    @classmethod
    def for_address(cls, address):
        """Return the subscriber of a confirmed address, a new one if need be."""
        active, *others = digests(address)
        cls.objects.filter(email_digest__in=others).update(email_digest=active)
        subscriber, _is_new = cls.objects.get_or_create(
            email_digest=active, defaults={"sealed_address": seal(canonical_address(address))}
        )
        return subscriber

    @classmethod
    def reseal(cls):
        """Encrypt under the active key what older keys sealed; what none opens stays as it is."""
        if len(settings.MAIL_ENCRYPTION_KEYS) == 1:
            return
        for subscriber in cls.objects.filter(user__isnull=True).order_by("pk").iterator():
            if not is_sealed_by_first_key(subscriber.sealed_address):
                with suppress(Unreadable):
                    subscriber.sealed_address = seal(unseal(subscriber.sealed_address))
                    subscriber.save(update_fields=["sealed_address"])

    @classmethod
    def forget_those_without_subscription(cls):
        """Delete commenters who hear of nothing any more, with their addresses."""
        cls.objects.filter(user__isnull=True, reply_subscriptions__isnull=True).delete()

    @property
    def current_address(self):
        """The canonical address; raises sealing.Unreadable, ValidationError."""
        if self.user_id:
            return canonical_address(self.user.email)
        return canonical_address(unseal(self.sealed_address))


class ReplySubscription(models.Model):
    """The writer of a comment hears of its replies; it exists once the address has confirmed."""

    subscriber = models.ForeignKey(
        Subscriber,
        verbose_name=_("subscriber"),
        on_delete=models.CASCADE,
        related_name="reply_subscriptions",
    )
    comment = models.OneToOneField(
        "comments.Comment",
        verbose_name=_("comment"),
        on_delete=models.CASCADE,
        related_name="reply_subscription",
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), auto_now_add=True)

    class Meta:
        verbose_name = _("reply subscription")
        verbose_name_plural = _("reply subscriptions")

    def __str__(self):
        return f"#{self.comment_id}"

    @classmethod
    def begin(cls, address, comment):
        """Let the confirmed address hear of replies to its comment; once is enough."""
        with transaction.atomic():
            subscriber = Subscriber.for_address(address)
            cls.objects.get_or_create(comment=comment, defaults={"subscriber": subscriber})

    @classmethod
    def end_for(cls, comments):
        """End the notices of replies to `comments`, and forget addresses that have no others."""
        with transaction.atomic():
            Notice.objects.filter(
                comment__parent__in=comments, subscriber__user__isnull=True
            ).delete()
            cls.objects.filter(comment__in=comments).delete()
            Subscriber.forget_those_without_subscription()


class StaffSubscription(models.Model):
    """A member of the staff hears of every comment on an article."""

    subscriber = models.ForeignKey(
        Subscriber,
        verbose_name=_("subscriber"),
        on_delete=models.CASCADE,
        related_name="staff_subscriptions",
    )
    article = models.ForeignKey(
        Article, verbose_name=_("article"), on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("followed article")
        verbose_name_plural = _("followed articles")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "article"], name="one_staff_subscription_per_article"
            )
        ]

    def __str__(self):
        return str(self.article)


class Notice(models.Model):
    """A comment that a subscriber has not been told of yet; the next mail gathers them."""

    subscriber = models.ForeignKey(
        Subscriber,
        verbose_name=_("subscriber"),
        on_delete=models.CASCADE,
        related_name="notices",
    )
    comment = models.ForeignKey(
        "comments.Comment",
        verbose_name=_("comment"),
        on_delete=models.CASCADE,
        related_name="notices",
    )

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "comment"], name="one_notice_per_comment")
        ]

    def __str__(self):
        return f"#{self.comment_id} → {self.subscriber_id}"

    @classmethod
    def of_reply(cls, comment):
        """Note a reply that has appeared, in the same transaction, for who wrote its parent."""
        if comment.parent_id is None:
            return
        subscriptions = ReplySubscription.objects.filter(comment=comment.parent_id)
        # Nobody is told of an answer of one's own.
        if comment.email_digest:
            subscriptions = subscriptions.exclude(subscriber__email_digest=comment.email_digest)
        cls._note(comment, subscriptions)

    @classmethod
    def to_staff(cls, comment):
        """Note a comment that has been posted, in the same transaction, for who follows it."""
        subscriptions = StaffSubscription.objects.filter(article=comment.article_id).order_by()
        if comment.staff_id:
            subscriptions = subscriptions.exclude(subscriber__user=comment.staff_id)
        cls._note(comment, subscriptions)

    @classmethod
    def _note(cls, comment, subscriptions):
        subscribers = subscriptions.values_list("subscriber_id", flat=True)
        notices = [cls(subscriber_id=subscriber, comment=comment) for subscriber in subscribers]
        cls.objects.bulk_create(notices, ignore_conflicts=True)
