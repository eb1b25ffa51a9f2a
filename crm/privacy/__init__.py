"""What is known about a person, from where; giving it to her; and forgetting it, everywhere.

known     what is held, counted, and where it came from      export   everything as one ZIP file
own       what crm itself holds (the apps add theirs by crm/hooks/personal.py)
keeping   what crm lets go with time (crm/hooks/retention.py)
The verbs are in crm/actions/privacy.py.
"""
