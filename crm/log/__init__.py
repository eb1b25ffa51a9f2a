"""The interaction log: one table, many readers. Write with `record`; read by registering a `Reader`.

Kept free of imports so that models may use crm.log.columns: import from crm.log.recording, .reading and .kinds.
"""
