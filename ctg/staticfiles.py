"""Static files in production: hashed names, also inside ES modules."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrite the imports of ES modules to the hashed names."""

    support_js_module_import_aggregation = True
    # Our modules only: comments in a package's scripts may name files that do not exist.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        HashedFilesMixin._js_module_import_aggregation_patterns[1],  # type: ignore[attr-defined]
    )
    manifest_strict = True
