"""Behind HTTPS. DJANGO_SETTINGS_MODULE=config.settings.prod; SECRET_KEY and ALLOWED_HOSTS must be given."""

from config.env import env
from config.settings.base import *  # noqa: F403

SECRET_KEY = env.str("SECRET_KEY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
