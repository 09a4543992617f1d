"""Write down what is done at the desk, in the transaction of what was done."""

from django.db import transaction

from articles.models import AuditAddress, AuditEvent


def record(request, act, row=None, *, user=None, **detail):
    """Note an act of `user`, who asks unless told otherwise; `row` is what it was done to."""
    user = user or getattr(request, "user", None)
    match = getattr(request, "resolver_match", None)
    if match:
        detail["page"] = match.view_name
    with transaction.atomic():
        event = AuditEvent.objects.create(
            act=act,
            user_key=user.pk if user else None,
            username=user.get_username() if user else "",
            model=row._meta.label_lower if row is not None else "",
            object_key=str(row.pk)[:64] if row is not None else "",
            object_name=str(row)[:200] if row is not None else "",
            detail=detail,
        )
        if address := getattr(request, "client_address", "")[:45]:
            AuditAddress.objects.create(event=event, address=address)
    request.is_audited = True
