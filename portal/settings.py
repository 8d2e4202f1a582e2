"""The roof: wires the parts together. Imported by nobody; read through ``django.conf.settings``.

Every value that an operator may set comes from the environment; the table is in ``docs/configuration.md``.
"""

import sys
from datetime import timedelta
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# A demo portal may run on the keys printed here; any other refuses to start on them.
DEMO = env.bool("DEMO", default=False)
_DEMO_SECRETS = {
    "SECRET_KEY": "demo-only-not-a-secret-0123456789abcdefghijklmnopqrstuvwxyz",
    "FIELD_ENCRYPTION_KEYS": "demo:aes:ZGVtby1vbmx5LW5vdC1hLXNlY3JldC1rZXktMDAwMDE=",
    "FIELD_HASH_KEY": "ZGVtby1vbmx5LW5vdC1hLXNlY3JldC1oYXNoLTAwMDE=",
    "AUDIT_SEAL_KEY": "ZGVtby1vbmx5LW5vdC1hLXNlY3JldC1zZWFsLWtleS0wMDAx",
    "REGISTER_KEY": "demo-only-not-a-secret-of-the-registers",
    "SMS_KEY": "demo-only-not-a-secret-of-the-messages",
}


def _secret(name: str) -> str:
    value = env.str(name, default="")
    if value and (DEMO or value != _DEMO_SECRETS[name]):
        return value
    if DEMO:
        return _DEMO_SECRETS[name]
    raise ImproperlyConfigured(
        f"{name} is not set. Set it (see docs/configuration.md), or set DEMO=1 to try the portal."
    )


SECRET_KEY = _secret("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = _secret("FIELD_ENCRYPTION_KEYS")
FIELD_HASH_KEY = _secret("FIELD_HASH_KEY")
# Columns of keyed hashes, as app.Model.column. Those of one line hold the same values and change in one transaction.
KEYED_HASHES = (
    ("people.Person.number_hash", "casework.Application.number_hash", "casework.GrantClaim.number_hash",
     "registers.RegisterAnswer.number_hash", "cards.Card.number_hash", "apartments.ApartmentRequest.spouse_number_hash",
     "apartments.EntrantAdult.number_hash", "apartments.LeaseAdult.number_hash"),
    ("people.PayoutAccount.number_hash", "subsidies.RollLine.account_hash", "partners.PartnerAccount.number_hash"),
    ("registers.RegisterAnswer.employer_hash",),
    ("registers.RegisterAnswer.about_hash",),
    ("accounts.SignInPhone.number_hash",),
)  # fmt: skip
AUDIT_SEAL_KEY = _secret("AUDIT_SEAL_KEY")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEMO else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
# The heads of the audit trail, outside the database; a second place is best on another machine.
AUDIT_HEADS = env.list("AUDIT_HEADS", default=[str(VAR_DIR / "audit" / "heads")])
PORTAL_URL = env.str("PORTAL_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "portal.ui",
    "portal.vault",
    "portal.clock",
    "portal.locks",
    "portal.sms",
    "portal.accounts",
    "portal.api",
    "portal.audit",
    "portal.notifications",
    "portal.policy",
    "applicants.people",
    "applicants.registers",
    "portal.recovery",
    "portal.partners",
    "portal.casework",
    "applicants.cards",
    "subsidies",
    "housing.lodging",
    "housing.apartments",
    "housing",
    "portal.demo",
    "portal.accounts.admin_config.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.api.middleware.ApiMiddleware",
    "portal.ui.middleware.NoNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.PersonalPagesMiddleware",
    "portal.accounts.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.accounts.middleware.SessionLimitsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.accounts.middleware.SecondFactorMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

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
                "portal.ui.context_processors.frame",
            ],
            "builtins": ["portal.ui.templatetags.ui", "django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;"
        "PRAGMA journal_size_limit=27103364;PRAGMA cache_size=2000;"
    ),
}
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 8, "timeout": 10}
ATOMIC_REQUESTS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": env.cache("CACHE_URL", default="dbcache://portal_cache")}
if CACHES["default"]["BACKEND"] == "django.core.cache.backends.redis.RedisCache":
    CACHES["default"]["BACKEND"] = "portal.accounts.cache.SparableRedisCache"
elif CACHES["default"]["BACKEND"] == "django.core.cache.backends.db.DatabaseCache":
    # Django keeps 300 and then throws away what still counts: limits would end, and used codes open once more.
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 100_000, **CACHES["default"].get("OPTIONS", {})}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=not DEMO)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS_ONLY else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# The state's registers, behind one address; none means that every fact is proven by papers.
REGISTER_URL = env.str("REGISTER_URL", default="").rstrip("/")
REGISTER_KEY = _secret("REGISTER_KEY") if REGISTER_URL or DEMO else ""
REGISTERS = env.list(
    "REGISTERS", default=["household", "education", "insurance", "business", "marriage", "property", "grants"]
)
REGISTER_TIMEOUT = env.float("REGISTER_TIMEOUT", default=4.0)  # seconds

# The gateway of text messages; none means that people sign in by e-mail, and letters go there.
SMS_URL = env.str("SMS_URL", default="").rstrip("/")
SMS_KEY = _secret("SMS_KEY") if SMS_URL or DEMO else ""
SMS_SIGNATURE = env.str("SMS_SIGNATURE", default="人才港湾")  # the sender that operators have approved
SMS_TEMPLATES = env.dict("SMS_TEMPLATES", default={})  # their codes for ours (portal/sms/templates.py)
SMS_TIMEOUT = env.float("SMS_TIMEOUT", default=3.0)  # seconds, connecting included: somebody waits for the page

# Fonts for what the portal's own font lacks, and the library that writes spreadsheets.
FONT_FALLBACKS = [place for place in env.str("FONT_FALLBACKS", default="").split(":") if place]
XLSX_WRITER = env.str("XLSX_WRITER", default="rustpy-xlsxwriter")  # or openpyxl

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "files"  # only sealed bytes are ever written here; nothing is served from it directly
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024  # an upload that is allowed never touches the disk in the clear
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "after_sign_in"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "portal.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "portal.accounts.adapters.user_label"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
# What nobody needs to do more often. The lock of an account (LOCK_AFTER) holds from whatever address.
ACCOUNT_RATE_LIMITS = {
    "phone_code_sent": "1/60s/key,5/h/key,10/d/key,30/h/ip,100/d/ip",
    "phone_code_tried": "10/10m/key,100/10m/ip",
    "login": "30/m/ip",
    "login_failed": "20/m/ip,20/h/key",
    "signup": "20/m/ip",
    "confirm_email": "1/10s/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
    "recovery": "10/m/ip",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * env.int("CONFIRMED_MINUTES", default=10)  # seconds
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("NUM_PROXIES", default=0)
LOCK_AFTER, LOCK_WITHIN, LOCK_FOR = 5, timedelta(minutes=15), timedelta(minutes=30)  # wrong passwords and codes
# How long one may do nothing, and how long after signing in one signs in again.
SESSION_LIMITS = {
    "bureau": (
        timedelta(minutes=env.int("BUREAU_IDLE_MINUTES", default=30)),
        timedelta(hours=env.int("BUREAU_SESSION_HOURS", default=12)),
    ),
    "visit": (timedelta(minutes=env.int("VISIT_IDLE_MINUTES", default=120)), timedelta(days=1)),
    "kept": (timedelta(days=14), timedelta(days=30)),  # whoever ticked "keep me signed in on this device"
}
MFA_ADAPTER = "portal.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
MFA_FORMS = {
    "authenticate": "portal.accounts.forms.CodeForm",
    "reauthenticate": "portal.accounts.forms.ConfirmingCodeForm",
    "add_webauthn": "portal.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "portal.accounts.forms.RenamePasskeyForm",
    "login_webauthn": "portal.accounts.forms.SignInPasskeyForm",
    "authenticate_webauthn": "portal.accounts.forms.SecondPasskeyForm",
    "reauthenticate_webauthn": "portal.accounts.forms.ConfirmingPasskeyForm",
}
MFA_TOTP_TOLERANCE = 1  # the code that has just changed still opens (RFC 6238 section 5.2)
MFA_TOTP_ISSUER = "Talent Harbour"

# A demo without a mail server keeps its mail in a folder that the demo page reads.
DEMO_MAIL_DIR = VAR_DIR / "mail"
DEMO_TEXTS = VAR_DIR / "sms" / "messages.jsonl"  # what the gateway of the demo has taken
vars().update(env.email_url("EMAIL_URL", default=f"filemail:///{DEMO_MAIL_DIR}" if DEMO else "smtp://localhost:25"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Talent Harbour <no-reply@localhost>")

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=f"redis+socket://{VAR_DIR / 'valkey' / 'valkey.sock'}")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 30,
    "unacked_restore_interval": 10,
    "global_keyprefix": env.str("CELERY_KEY_PREFIX", default=""),
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for as long as it takes
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
# Every sweep looks at the database and is safe to run twice; the broker only makes things faster.
CELERY_BEAT_SCHEDULE = {
    "hand over waiting letters": {"task": "notifications.sweep", "schedule": timedelta(seconds=15)},
    "seal audit entries": {"task": "audit.seal", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "go on with simulations": {"task": "casework.sweep_simulations", "schedule": timedelta(seconds=15)},
    "go on with lists": {"task": "casework.sweep_lists", "schedule": timedelta(seconds=15)},
    "make files of cards": {"task": "cards.sweep_files", "schedule": timedelta(seconds=30)},
    "ask registers about cards": {"task": "cards.sweep_rechecks", "schedule": timedelta(minutes=20)},
    "look at expired recognitions": {"task": "cards.weigh_expired_recognitions", "schedule": timedelta(hours=6)},
    "end cards and remind of renewal": {"task": "cards.sweep_terms", "schedule": timedelta(hours=1)},
    "rotate the key of card codes": {"task": "cards.rotate_signing_key", "schedule": timedelta(hours=1)},
    "end holds of beds and serve who waits": {"task": "lodging.sweep_holds", "schedule": timedelta(seconds=30)},
    "release beds of guests who have not come": {"task": "lodging.sweep_stays", "schedule": timedelta(seconds=60)},
    "offer free apartments": {"task": "apartments.sweep_offers", "schedule": timedelta(seconds=60)},
    "draw contracts of apartments": {"task": "apartments.sweep_contracts", "schedule": timedelta(seconds=30)},
    "cancel leases that nobody signed": {"task": "apartments.sweep_signatures", "schedule": timedelta(minutes=10)},
    "bill apartments": {"task": "apartments.sweep_bills", "schedule": timedelta(minutes=10)},
    "remind of unpaid rent": {"task": "apartments.sweep_arrears", "schedule": timedelta(hours=1)},
    "ask registers about tenants": {"task": "apartments.sweep_rechecks", "schedule": timedelta(minutes=20)},
    "renew and end leases": {"task": "apartments.sweep_terms", "schedule": timedelta(hours=1)},
    "freeze rounds of apartments": {"task": "apartments.sweep_rounds", "schedule": timedelta(seconds=30)},
    "go on with rolls": {"task": "subsidies.sweep_rolls", "schedule": timedelta(seconds=15)},
    "check submitted applications": {"task": "casework.sweep_checks", "schedule": timedelta(seconds=15)},
    "ask registers again": {"task": "casework.sweep_registers", "schedule": timedelta(seconds=15)},
    "ask registers before paying": {"task": "subsidies.sweep_before_paying", "schedule": timedelta(hours=1)},
    "act on what has come due": {"task": "casework.sweep_due", "schedule": timedelta(seconds=60)},
    "forget keys of the API": {"task": "api.forget_old_keys", "schedule": timedelta(hours=1)},
    "forget guesses": {"task": "locks.forget_old_guesses", "schedule": timedelta(hours=1)},
    "forget sessions that are over": {"task": "accounts.forget_ended_sessions", "schedule": timedelta(hours=1)},
    "make statements of lodging": {"task": "lodging.make_statements", "schedule": timedelta(hours=6)},
    "ask for proofs of being in post": {"task": "subsidies.sweep_rechecks", "schedule": timedelta(hours=1)},
}
for _entry in CELERY_BEAT_SCHEDULE.values():  # after a day without a worker nobody needs the sweeps of that day
    _entry.setdefault("options", {"expires": max(60, _entry["schedule"].total_seconds())})

# What every part of the API says and refuses alike is in portal/api; which rates hold is said here.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.doors.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.api.bodies.JSONBody"],
    "DEFAULT_SCHEMA_CLASS": "portal.api.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["portal.api.throttling.SignedIn"],
    "DEFAULT_THROTTLE_RATES": {"eligibility": "30/min", "signed_in": "300/min"},
    "EXCEPTION_HANDLER": "portal.api.problems.answer_problem",
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "Talent Harbour",
    "VERSION": "1",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.str("LOG_LEVEL", default="WARNING" if "pytest" in sys.modules else "INFO"),
    },
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "pikepdf": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},  # it would name every character that is printed
    },
}
