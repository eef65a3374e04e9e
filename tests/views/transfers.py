"""Transfers as the tests of the pages need them."""

from uuid import uuid4

from django.utils import timezone

from parley.models import Transfer
from parley.transfer import jobs


def transfer_of(owner, kind="export", **values):
    """A transfer in some state."""
    transfer = Transfer(owner=owner, kind=kind, file=f"transfers/{uuid4()}.zip", **values)
    transfer.settled_at = timezone.now() if transfer.status in ("done", "failed") else None
    transfer.save(force_insert=True)
    return transfer


def carried_out(transfer):
    """As a worker does it."""
    jobs.run(uuid4())
    transfer.refresh_from_db()
    return transfer


def exported(owner, **values):
    """An export that is done, with its file."""
    return carried_out(Transfer.begin(owner, "export", **values))
