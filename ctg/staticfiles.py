"""Static files in production: hashed names, also inside ES modules."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrite the imports of ES modules to the hashed names."""

    support_js_module_import_aggregation = True
    manifest_strict = True
