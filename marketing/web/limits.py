"""How often somebody may knock: counted in the cache, by network and by address."""

from django.core.cache import cache

AN_HOUR = 3600


def is_too_often(bucket: str, most: int) -> bool:
    """Count one knock; True once `bucket` has knocked more than `most` times within its hour."""
    key = f"marketing.limit.{bucket}"
    if cache.add(key, 1, AN_HOUR):
        return most < 1
    try:
        return cache.incr(key) > most
    except ValueError:
        cache.set(key, 1, AN_HOUR)
        return most < 1
