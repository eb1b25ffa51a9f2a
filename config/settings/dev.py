"""`make run`: one machine, plain HTTP, errors shown to the developer only where DEBUG=1 asks for it."""

from config.env import env
from config.settings.base import *  # noqa: F403

DEBUG = env.bool("DEBUG", default=False)
