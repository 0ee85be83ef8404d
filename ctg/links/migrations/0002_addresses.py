from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def keep_tokens(apps: Any, _schema_editor: Any) -> None:
    """The one token of each link becomes its first address."""
    token, link = apps.get_model("links", "LinkToken"), apps.get_model("links", "SignedLink")
    token.objects.bulk_create(
        token(link_id=row.pk, token_hash=row.token_hash, created_at=row.created_at)
        for row in link.objects.all()
    )


class Migration(migrations.Migration):
    dependencies = [("links", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="LinkToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(
                        editable=False, max_length=64, unique=True, verbose_name="empreinte"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="créé le"),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="links.signedlink",
                    ),
                ),
            ],
            options={"verbose_name": "adresse d’un lien", "ordering": ["pk"]},
        ),
        migrations.RunPython(keep_tokens, elidable=True),
        migrations.RemoveField(model_name="signedlink", name="token_hash"),
    ]
