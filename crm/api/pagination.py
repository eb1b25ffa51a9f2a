"""Lists are paged by key, never by offset."""

from rest_framework.pagination import CursorPagination


class ByKey(CursorPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    ordering = "-id"
