"""The admin pages of sales."""

from sales.admin import assignment, processes, quotas

__all__ = ["assignment", "processes", "quotas"]
