"""The environment, read once: what an operator may set, with the defaults that need nothing."""

from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"

env = environ.Env()
env.read_env(str(ROOT / ".env"), overwrite=False)


def database() -> dict:
    """DATABASE_URL as Django's settings; without it, SQLite under var/.

    The SQLite settings are not taste: without WAL, IMMEDIATE and a time-out, concurrent writers lose transactions.
    A worker process must not use a connection pool (it forks), so connections are kept instead.
    """
    config = env.db("DATABASE_URL", default=f"sqlite:///{VAR / 'tandem.sqlite3'}")
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["CONN_MAX_AGE"] = None
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;"
                "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864"
            ),
        }
    else:
        config["CONN_MAX_AGE"] = 600
        config["CONN_HEALTH_CHECKS"] = True
        options = config.setdefault("OPTIONS", {})
        options["connect_timeout"] = 5
        # Compiling a query costs half a second and more; none of ours runs long enough to earn that back
        options.setdefault("options", "-c jit=off")
    return config


def secret_key() -> str:
    """SECRET_KEY, or one made at the first start and kept in var/ so that sessions survive a restart."""
    given = env.str("SECRET_KEY", default="")
    if given:
        return given
    kept = VAR / "secret_key"
    if not kept.exists():
        from django.core.management.utils import get_random_secret_key

        VAR.mkdir(exist_ok=True)
        kept.write_text(get_random_secret_key())
        kept.chmod(0o600)
    return kept.read_text().strip()
