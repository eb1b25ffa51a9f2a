"""Many records at once: what is asked, what is done in turns, what each row answers, files that come of it.

asking  the forms of actions, from a page, the API or a stored run      work    the job: batches, claims, results
edits   the built-in changes and how they are reverted                  sheets  CSV and XLSX, written in parts
The verbs are in crm/actions/bulk.py, the actions' declarations in crm/bulk/builtin.py, other apps add theirs by
crm/hooks/bulk_actions.py.
"""
