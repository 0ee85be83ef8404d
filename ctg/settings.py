"""Settings, read top to bottom. Each variable of the environment is read once, here.

Every default runs on a developer's machine; there is no default for a secret when DEBUG is off.
"""

from pathlib import Path

import environ
import pghistory
import structlog
from csp.constants import NONCE, SELF
from django.contrib.messages import constants as message_levels
from django.core.exceptions import ImproperlyConfigured

from ctg.logs import configure_structlog, hide_tokens

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

env = environ.Env()

# --- What this instance is ------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", True)
SECRET_KEY = env.str("SECRET_KEY", "developer-only-not-a-secret" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY doit être fourni quand DEBUG est désactivé.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", "http://localhost:8000").rstrip("/")
INSTANCE_NAME = env.str("INSTANCE_NAME", "CTG")
INSTANCE_CONTACT = env.str("INSTANCE_CONTACT", "contact@example.org")
INSTANCE_PUBLISHER = env.str("INSTANCE_PUBLISHER", "")
INSTANCE_HOST = env.str("INSTANCE_HOST", "")
# The trial: real public plans, fictitious values. `load_trial` refuses any other database.
TRIAL = env.bool("CTG_TRIAL", False)
DATA_DIR = Path(env.str("CTG_DATA_DIR", str(BASE_DIR / "var")))

# --- Applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "ctg.apps.ServedFilesConfig",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "django_prose_editor",
    "django_structlog",
    "pgtrigger",
    "pghistory",
    "template_partials",
    "ctg.apps.CtgConfig",
    "ctg.accounts",
    "ctg.jobs",
    "ctg.files",
    "ctg.links",
    "ctg.mail",
    "ctg.notices",
    "territories",
    "diagnostics",
    "actions",
    "governance",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ctg.access.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "ctg.urls"
WSGI_APPLICATION = "ctg.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "ctg.frame.frame",
            ],
            "builtins": ["ctg.templatetags.ui"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
MESSAGE_TAGS = {message_levels.ERROR: "danger"}

# --- Data -----------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", "postgres:///ctg")}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", 600)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
# Sign-in and its rate limits must live without the broker: the cache is a table.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())

# --- Language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

# --- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["ctg.notices.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "actions:home"
ACCOUNT_ADAPTER = "ctg.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "reset_password_from_key": "ctg.accounts.forms.ResetPasswordKeyForm",
    "change_password": "ctg.accounts.forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600
SESSION_COOKIE_AGE = 14 * 24 * 3600

# --- Mail -----------------------------------------------------------------------------------------
# The outbox writes mails as files that a browser reads at /essai/courriels/: for the trial.
OUTBOX = env.bool("CTG_OUTBOX", DEBUG)
EMAIL_FILE_PATH = DATA_DIR / "outbox"
EMAIL_CONFIG = env.email_url("EMAIL_URL", "consolemail://")
if EMAIL_CONFIG["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
    # Django's, that also knows whether a message may have gone when the line breaks.
    EMAIL_CONFIG["EMAIL_BACKEND"] = "ctg.mail.server.EmailBackend"
vars().update(EMAIL_CONFIG)
if OUTBOX:
    EMAIL_BACKEND = "ctg.mail.server.OutboxBackend"
    EMAIL_FILE_PATH = DATA_DIR / "outbox"
EMAIL_TIMEOUT = 20
# Messages a minute to one host of recipients, all mailings together: beyond, large providers refuse. 0: no limit.
EMAIL_PACE = env.int("EMAIL_PACE", 300)
# Workers that may send one large mailing at once.
EMAIL_HANDS = env.int("EMAIL_HANDS", 2)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "CTG <ne-pas-repondre@example.org>")

# --- Background work ------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("REDIS_URL", "redis://localhost:6379/0")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A web request must not wait for a broker that is down: the job's row is enough.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "max_retries": 1}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ROUTES = {"*.build_*": {"queue": "documents"}}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "jobs.rescue": {"task": "jobs.rescue", "schedule": 30.0},
    "jobs.purge": {"task": "jobs.purge", "schedule": 24 * 3600.0},
    "files.purge": {"task": "files.purge", "schedule": 24 * 3600.0},
    "mail.resume": {"task": "mail.resume", "schedule": 60.0},
    "mail.purge": {"task": "mail.purge", "schedule": 24 * 3600.0},
    "notices.mail": {"task": "notices.mail", "schedule": 60.0},
    "notices.purge": {"task": "notices.purge", "schedule": 24 * 3600.0},
    "actions.notices": {"task": "actions.notices", "schedule": 60.0},
    "governance.remind": {"task": "governance.remind", "schedule": 600.0},
    "governance.notices": {"task": "governance.notices", "schedule": 60.0},
    "governance.newsletters": {"task": "governance.newsletters", "schedule": 60.0},
    "governance.digests": {"task": "governance.digests", "schedule": 900.0},
    "governance.purge_subscribers": {"task": "governance.purge_subscribers", "schedule": 24 * 3600.0},
}
CELERY_TIMEZONE = TIME_ZONE

# --- Files served ---------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
NODE_MODULES = BASE_DIR / "node_modules"
# Only what a page loads: never node_modules whole.
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("bootstrap", NODE_MODULES / "bootstrap" / "dist"),
    ("inter", NODE_MODULES / "@fontsource-variable" / "inter"),
    ("sortable", NODE_MODULES / "sortablejs" / "modular"),
]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "ctg.staticfiles.ModuleStaticFilesStorage"
    },
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "jpg", "webp", "woff2", "gz", "map")

# --- Security -------------------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        # Bootstrap's CSS embeds its small icons as data: images.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}
CSRF_FAILURE_VIEW = "ctg.faults.csrf_failure"

# --- Logs -----------------------------------------------------------------------------------------
configure_structlog()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.dev.ConsoleRenderer(colors=False)
            if DEBUG
            else structlog.processors.JSONRenderer(),
            "foreign_pre_chain": [hide_tokens],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django_structlog": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "weasyprint.progress": {"level": "WARNING"},
    },
}
