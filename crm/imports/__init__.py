"""The importer: read a file, map its columns, check every line, do what the lines say, take it all back.

sheets    a workbook -> rows, in a process of its own        reading   bytes -> rows (encoding, separator)
headers   the guess what each column is                      memory    what was said of the same columns before
targets   what a column may become                           cells     one cell -> what is kept
lines     a line -> what it says, or what is wrong           staging   lines -> ImportLine, a batch in one statement
set_work  judging and merging by set (contacts, accounts)    row_work  line by line through an action (the rest)
reverting what was done is taken back                        work      the job: batches, progress, claims
kinds/    what crm lets files bring in; other apps add theirs by crm/hooks/importers.py

The verbs are in crm/actions/imports.py.
"""
