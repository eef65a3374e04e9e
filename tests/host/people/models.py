"""Accounts with an email address for a name and a key of their own; no groups, no permissions."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from parley.models.versioned import Versioned, VisibleQuerySet


class MemberManager(BaseUserManager["Member"]):
    def create_superuser(self, email: str, password: str, **fields: Any) -> "Member":
        member = self.model(email=email, is_superuser=True, **fields)
        member.set_password(password)
        member.save()
        return member


class Member(AbstractBaseUser):
    number = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_superuser = models.BooleanField(default=False)

    objects = MemberManager()
    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        return self.is_superuser

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_superuser


class Notice(Versioned):
    """What the society has to say to a member, on every page of theirs."""

    text = models.CharField(max_length=200)

    objects = VisibleQuerySet.as_manager()

    def __str__(self) -> str:
        return self.text
