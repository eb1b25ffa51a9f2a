"""⌘K over every record: one index of words, kept by triggers, asked by one query.

indexed  which tables are found, and by which columns      sql      the statements and triggers that keep the index
finding  words -> records that the reader may see
"""
