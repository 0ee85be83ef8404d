"""Who is signed in, with how many notices they have not seen: counted in the query that every page makes anyway."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from ctg.accounts.models import User
from ctg.notices.models import Notice


class Backend(AuthenticationBackend):
    def get_user(self, user_id: Any) -> User | None:
        unseen = Notice.objects.filter(user=OuterRef("pk"), seen_at=None).order_by()
        counted = unseen.values("user").annotate(number=Count("pk")).values("number")
        users: Any = User.objects.filter(pk=user_id)
        user: User | None = users.annotate(unseen_notices=Coalesce(Subquery(counted), 0)).first()
        return user if user and self.user_can_authenticate(user) else None
