"""The people who sign in. Who they work for and what they may do is in `territories`."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.models import BaseUserManager as DjangoUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(DjangoUserManager["User"]):
    """Creates accounts. The address is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":  # type: ignore[override]
        """The first administrator of an instance: `manage.py createsuperuser`."""
        return self.create_user(email, password, is_staff=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person with an account, known by an e-mail address. `is_staff`: administrator of the instance."""

    email = models.EmailField(
        "adresse électronique",
        max_length=254,
        unique=True,
        error_messages={"unique": "Un compte existe déjà avec cette adresse."},
    )
    name = models.CharField("nom", max_length=120)
    function = models.CharField("fonction", max_length=120, blank=True)
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("administre l’instance", default=False)
    is_fictitious = models.BooleanField("compte de démonstration", default=False)
    date_joined = models.DateTimeField("compte créé le", default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    # Annotated by `ctg.notices.backend` on whoever is signed in.
    unseen_notices: int

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="L’adresse s’écrit en minuscules.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        """Two letters for the round button of the header."""
        words = [word for word in self.name.replace("-", " ").split() if word[0].isalpha()]
        return "".join(word[0] for word in (words[0], words[-1]) if words).upper()[:2] if words else "?"
