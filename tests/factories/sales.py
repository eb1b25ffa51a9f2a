"""Rows of sales for tests."""
