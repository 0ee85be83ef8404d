"""What the database must know before any table: extensions, sorting without accents, French search."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# `unaccent` is only STABLE, since its dictionary could change: a generated column refuses it. Naming the
# dictionary makes the promise ours.
SORT_KEY = """
CREATE OR REPLACE FUNCTION sort_key(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(public.unaccent('public.unaccent'::regdictionary, value));
"""
FRENCH = """
CREATE TEXT SEARCH CONFIGURATION french_unaccent (COPY = french);
ALTER TEXT SEARCH CONFIGURATION french_unaccent
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
"""


def create_cache_table(_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias)


class Migration(migrations.Migration):
    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        BtreeGistExtension(),
        migrations.RunSQL(SORT_KEY, "DROP FUNCTION sort_key(text)"),
        migrations.RunSQL(FRENCH, "DROP TEXT SEARCH CONFIGURATION french_unaccent"),
        migrations.RunPython(create_cache_table, migrations.RunPython.noop),
    ]
