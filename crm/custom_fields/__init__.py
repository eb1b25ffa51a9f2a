"""Custom fields: their definitions as fields of a kind of record, what may stand in them, how SQL reads them, their indexes.

They are changed by crm/actions/custom_fields.py. A value stands in the column `custom` of its record under the key of its
field: text, numbers as numbers, days like "2026-11-30", the stored value of a choice, lists of them, true or false, the id
of another record. What is empty does not stand there at all.
"""
