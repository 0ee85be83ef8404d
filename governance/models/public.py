"""The page by which anyone discovers a convention."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from actions.models import Convention
from governance.querysets import PublicPageQuerySet


class PublicPage(models.Model):
    """Off until a coordination publishes it. It shows the sections that are ticked; of temps forts and points
    d’étape, only those that carry a mark of their own.
    """

    convention = models.OneToOneField(Convention, models.CASCADE, related_name="public_page")
    is_published = models.BooleanField("publiée", default=False)
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    intro = models.TextField(
        "présentation",
        max_length=2000,
        blank=True,
        help_text="Vos mots, à la place du paragraphe qui dit ce qu’est une CTG.",
    )
    has_about = models.BooleanField("ce qu’est une CTG", default=True)
    has_territory = models.BooleanField("le territoire", default=True)
    has_axes = models.BooleanField("les axes du plan", default=True)
    has_results = models.BooleanField("les résultats attendus", default=True)
    # Titles of steps are words of work: one looks at them before showing them.
    has_steps = models.BooleanField("les prochaines étapes", default=False)
    has_moments = models.BooleanField("les temps forts et points d’étape", default=True)
    has_letters = models.BooleanField("la lettre", default=True)

    objects = PublicPageQuerySet.as_manager()

    # In the order of the page; `has_…` ticks each.
    SECTIONS = ("about", "territory", "axes", "results", "steps", "moments", "letters")

    class Meta:
        verbose_name = "page publique"
        verbose_name_plural = "pages publiques"
        constraints = [
            models.CheckConstraint(
                name="publicpage_published_dated",
                condition=Q(is_published=True, published_at__isnull=False)
                | Q(is_published=False, published_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"Page publique de {self.convention}"

    def get_absolute_url(self) -> str:
        """For anyone."""
        return reverse("governance:public_page", args=[self.convention.slug])

    @property
    def sections(self) -> list[str]:
        """Those that are ticked."""
        return [name for name in self.SECTIONS if getattr(self, f"has_{name}")]
