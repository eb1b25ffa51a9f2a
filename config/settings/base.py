"""What holds everywhere. The environment decides the rest (config/env.py; .env.example lists it)."""

import os
from pathlib import Path

from config.env import ROOT, VAR, database, env, secret_key

SECRET_KEY = secret_key()
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The address that links in mails lead to; without it, the address `make run` serves.
PORT = env.int("PORT", default=8000)
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")

INSTALLED_APPS = [
    "config.apps.TandemConfig",
    "config.apps.TandemAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "auditlog",
    "csp",
    "django_filters",
    "django_fsm",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "crm",
    "sales",
    "marketing",
    "journeys",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "crm.web.middleware.first_run",
    "crm.web.middleware.readers_language",
    "crm.web.middleware.second_factor_first",
    "crm.web.middleware.readers_zone",
    "crm.web.middleware.change_source",
    "crm.web.middleware.custom_fields_read_once",
    "crm.web.middleware.errors_as_pages",
    "crm.web.middleware.merged_leads_on",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.web.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "crm.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "tandem_cache"}
}

# Jobs (crm/jobs.py). `retry` must exceed `timeout` by ceil((queue_limit + bulk) / workers) + 2 times: the lock of a
# task starts when it is fetched, not when it runs. save_limit -1 keeps no success rows; our own tables hold the truth.
Q_CLUSTER = {
    "name": "tandem",
    "workers": env.int("WORKERS", default=2),
    "queue_limit": 4,
    "bulk": 1,
    "timeout": 120,
    "retry": 720,
    "max_attempts": 3,
    "catch_up": False,
    "recycle": 500,
    "save_limit": -1,
    "poll": 0.2,
    "scheduler": False,
    "label": "Jobs",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

AUDITLOG_DISABLE_ON_RAW_SAVE = True  # rows that are restored as they were are nobody's change

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["crm.access.backend.GrantsBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = env.int("SESSION_DAYS", default=14) * 86_400
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)  # a proxy of your own tells the network in X-Forwarded-For
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0

# Signing in (django-allauth). The limits count in the cache that all processes share; five wrong passwords for one
# address lock it for five minutes, whoever types them.
ACCOUNT_ADAPTER = "crm.web.sign_in.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_RATE_LIMITS = {"login_failed": "20/5m/ip,5/5m/key"}
MFA_ADAPTER = "crm.web.sign_in.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by an administrator or by an invitation that arrived
MFA_TOTP_ISSUER = "Tandem"
MFA_TOTP_TOLERANCE = 1

# OpenID Connect: with OIDC_URL the sign-in page shows a button that leads to your own provider.
OIDC_URL = env.str("OIDC_URL", default="")
OIDC_NAME = env.str("OIDC_NAME", default="your organisation")
OIDC_DEFAULT_ROLE = env.str("OIDC_DEFAULT_ROLE", default="")  # key of the role that unknown people get; empty: refused
SOCIALACCOUNT_ADAPTER = "crm.web.openid.Adapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that ends at another site would need a wider form-action in the policy
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": OIDC_NAME,
                "client_id": env.str("OIDC_CLIENT_ID", default=""),
                "secret": env.str("OIDC_SECRET", default=""),
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
    }
}

LANGUAGE_CODE = "en"
INSIDE_LANGUAGES = [  # that colleagues choose from; each brings its own dates and numbers
    ("en", "English"),
    ("en-gb", "English (United Kingdom)"),
    ("en-au", "English (Australia)"),
]
LANGUAGES = [  # that public pages and mails are spoken in: those, and each that has a catalogue in locale/
    *INSIDE_LANGUAGES,
    ("de", "German"),
    ("es", "Spanish"),
    ("fr", "French"),
    ("it", "Italian"),
    ("nl", "Dutch"),
    ("pt", "Portuguese"),
]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [ROOT / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static", *([ROOT / "frontend" / "dist"] if (ROOT / "frontend" / "dist").is_dir() else [])]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR / "media")))  # imported files; web and workers must share it

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Public forms: how many answers one network, and one address for one form, may send within an hour.
FORM_POSTS_PER_HOUR = env.int("FORM_POSTS_PER_HOUR", default=600)
FORM_POSTS_PER_HOUR_AND_ADDRESS = env.int("FORM_POSTS_PER_HOUR_AND_ADDRESS", default=20)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "crm.api.authentication.WithinScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser", "rest_framework.parsers.MultiPartParser"],
    "DEFAULT_FILTER_BACKENDS": ["crm.api.filtering.RecordFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "crm.api.pagination.ByKey",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "crm.api.problems.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem API",
    "DESCRIPTION": "Sales and marketing in one database. Errors are application/problem+json with the field's path.",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# Who carries what (crm/delivery): without EMAIL_URL and EMAIL_SERVICE everything lands in the Outbox, a page under the admin.
EMAIL_URL = env.str("EMAIL_URL", default="")  # smtp://user:password@host:587?tls=1&connections=4
EMAIL_SERVICE = env.str("EMAIL_SERVICE", default="")  # postmark, mailgun, sendgrid, …: its API instead of EMAIL_URL
SMS_URL = env.str("SMS_URL", default="")  # https://user:password@gateway.example/send?fields=to:To,text:Body,from:From
_OUTBOX = {"BACKEND": "crm.integrations.outbox.Outbox"}
# What email services tell at /hooks/<service>: ESP_WEBHOOK_SECRET=user:password, and what else a service needs
# (ESP_MAILGUN_WEBHOOK_SIGNING_KEY, …: the names of django-anymail behind ESP_). Without the secret the door is shut.
# What a service needs to send for us stands there too: ESP_POSTMARK_SERVER_TOKEN, ESP_MAILGUN_API_KEY, ….
ANYMAIL = {name.removeprefix("ESP_"): value for name, value in os.environ.items() if name.startswith("ESP_")}

_SMTP = {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": EMAIL_URL}}
_SERVICE = {"BACKEND": "crm.integrations.email_service.EmailService", "OPTIONS": {"service": EMAIL_SERVICE}}
DELIVERY = {
    "email": _SERVICE if EMAIL_SERVICE else _SMTP if EMAIL_URL else _OUTBOX,
    "sms": {"BACKEND": "crm.integrations.http_sms.HttpSms", "OPTIONS": {"url": SMS_URL}} if SMS_URL else _OUTBOX,
}
# Carriers that a sender can go by instead, by name, as JSON:
# {"bulk": {"BACKEND": "crm.integrations.smtp.Smtp", "OPTIONS": {"url": "smtp://relay.example:587?tls=1"}},
#  "news": {"BACKEND": "crm.integrations.email_service.EmailService", "OPTIONS": {"service": "mailgun"}}}
DELIVERY_CARRIERS = env.json("DELIVERY_CARRIERS", default={})
DELIVERY_NOTES = VAR / "sending"  # answers of carriers, between the reply and the bulk write
TRACKING_KEYS = env.str("TRACKING_KEYS", default="")  # 1:secret,2:secret: the last one signs; empty: made of SECRET_KEY
EMAIL_BACKEND = "crm.delivery.django_mail.DeliveryBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Tandem <hello@tandem.example>")
GEOIP_PATH = env.str(
    "GEOIP_PATH", default=""
)  # a MaxMind database of countries (.mmdb); empty: no country is asked for
DNS_RESOLVER = env.str("DNS_RESOLVER", default="")  # 9.9.9.9, 127.0.0.1:5353; empty: the machine's own
OUTBOUND_ALLOW = env.list("OUTBOUND_ALLOW", default=[])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django-q": {"level": "WARNING"}},  # it says every task twice; crm.jobs keeps what matters
}
