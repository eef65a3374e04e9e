"""Make the index of the search anew, from messages and titles."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from parley.models import Conversation
from parley.search import index


class Command(BaseCommand):
    help = "Make the index of the search anew. What is not in it yet is not found meanwhile; everything else goes on."

    def handle(self, *args: Any, **options: Any) -> None:
        number = index.make(connections[Conversation.objects.db])
        self.stdout.write(f"conversations: {number}")
