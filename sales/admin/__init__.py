"""The admin pages of sales."""

from sales.admin import assignment, processes

__all__ = ["assignment", "processes"]
