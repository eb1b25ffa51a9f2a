"""Headers as people and other systems write them, and the guess what each column is.

Words are in small letters without blanks and signs. Dynamics, Salesforce and HubSpot name the record in front (“Contact:
Email”, “Mailing City”, “Address 1: Street 1”): `AROUND` is tried away where the whole header says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crm.hooks.importers import Target

WORDS: dict[str, tuple[str, ...]] = {
    "email": ("email", "emailaddress", "mail", "emailadresse", "mailaddress", "workemail", "emailaddress1", "correo", "courriel", "eposta"),
    "first_name": ("firstname", "givenname", "vorname", "forename", "prenom", "prénom", "first", "nombre"),
    "last_name": ("lastname", "surname", "familyname", "nachname", "nom", "last", "apellidos", "apellido", "cognome"),
    "full_name": ("name", "fullname", "contactname", "contact", "person", "leadname", "namedercontactperson"),
    "account": (
        "company", "account", "accountname", "companyname", "organisation", "organization", "firma", "associatedcompany",
        "primarycompany", "parentcustomer", "parentaccountname", "unternehmen", "empresa", "société", "societe", "azienda",
        "customer", "potentialcustomer",
    ),
    "company_name": ("company", "companyname", "account", "accountname", "firma", "organisation", "organization", "unternehmen"),
    "job_title": ("jobtitle", "title", "position", "role", "funktion", "job", "beruf"),
    "department": ("department", "abteilung"),
    "phone": ("phone", "telephone", "telefon", "tel", "phonenumber", "businessphone", "workphone", "mainphone", "telephone1"),
    "mobile": ("mobile", "mobilephone", "cell", "cellphone", "handy", "mobil", "mobilenumber", "mobilephonenumber"),
    "do_not_email": ("donotemail", "donotallowemails", "emailoptout", "hasoptedoutofemail", "unsubscribedfromallemail", "keineemail"),
    "do_not_sms": ("donotsms", "donottext", "smsoptout", "keinesms"),
    "do_not_phone": ("donotphone", "donotcall", "donotallowphonecalls", "phoneoptout", "nichtanrufen"),
    "street": ("street", "address", "streetaddress", "strasse", "straße", "address1", "street1", "address1street1", "streetaddress1", "calle", "rue"),
    "postal_code": ("postalcode", "zip", "zipcode", "postcode", "plz", "zippostalcode", "codepostal", "cap"),
    "city": ("city", "town", "ort", "stadt", "ville", "ciudad", "città"),
    "region": ("region", "state", "province", "bundesland", "county", "stateprovince", "stateregion"),
    "country": ("country", "land", "pays", "countrycode", "countryregion", "país", "pais", "paese"),
    "language": ("language", "sprache", "lang", "locale", "preferredlanguage", "langue"),
    "time_zone": ("timezone", "zeitzone", "tz"),
    "origin": ("origin", "leadsource", "herkunft", "wherefrom", "originalsource", "source", "camefrom"),
    "description": ("description", "notes", "note", "comment", "comments", "bemerkung", "beschreibung", "descripción"),
    "owner": (
        "owner", "contactowner", "companyowner", "dealowner", "accountowner", "opportunityowner", "leadowner", "assignedto",
        "owneremail", "besitzer", "zuständig", "createdbyowner", "activityassignedto", "hubspotowner",
    ),
    "tags": ("tags", "tag", "labels", "categories", "schlagworte", "etiquetas"),
    "name": ("name", "accountname", "companyname", "company", "account", "firma", "organisation", "organization", "unternehmen", "empresa"),
    "number": ("number", "accountnumber", "customernumber", "kundennummer", "nummer", "customerno", "debitor"),
    "parent": ("parent", "parentaccount", "parentcompany", "parentaccountname", "muttergesellschaft", "konzern"),
    "primary_contact": ("primarycontact", "primarycontactemail", "maincontact", "hauptkontakt"),
    "industry": ("industry", "branche", "sector", "secteur"),
    "employees": ("employees", "numberofemployees", "noofemployees", "mitarbeiter", "headcount", "companysize"),
    "annual_revenue": ("annualrevenue", "revenue", "umsatz", "turnover", "jahresumsatz"),
    "currency": ("currency", "currencycode", "währung", "currencyisocode", "devise", "moneda"),
    "vat_id": ("vatid", "vat", "vatnumber", "ustid", "ustidnr", "taxid", "taxnumber", "umsatzsteuerid"),
    "website": ("website", "web", "url", "homepage", "websiteurl", "companydomainname", "webseite", "site"),
    "topic": ("topic", "subject", "opportunityname", "dealname", "leadtitle", "thema", "betreff", "deal", "opportunity", "leadtopic", "title"),
    "contact": ("contact", "contactemail", "primarycontact", "associatedcontact", "contactid", "kontakt", "email", "emailaddress", "customeremail"),
    "campaign": ("campaign", "primarycampaignsource", "campaignname", "sourcecampaign", "kampagne"),
    "source": ("source", "leadsource", "originalsource", "quelle", "herkunft"),
    "rating": ("rating", "leadrating", "bewertung", "temperature"),
    "status": ("status", "leadstatus", "statecode", "dealstatus", "isclosed"),
    "stage": ("stage", "dealstage", "salesstage", "pipelinephase", "phase", "stufe"),
    "estimated_revenue": ("estimatedrevenue", "estrevenue", "amount", "dealamount", "value", "expectedrevenue", "dealvalue", "auftragswert"),
    "estimated_close": ("estimatedclose", "estclosedate", "closedate", "expectedclosedate", "estimatedclosedate", "abschluss"),
    "actual_revenue": ("actualrevenue", "wonamount"),
    "closed_on": ("closedon", "actualclosedate", "dateclosed", "closeddate"),
    "probability": ("probability", "dealprobability", "wahrscheinlichkeit", "winprobability"),
    "budget_amount": ("budget", "budgetamount"),
    "subject": ("subject", "title", "topic", "betreff", "activitysubject", "callmeetingsubject", "tasksubject"),
    "body": ("body", "text", "description", "comments", "notes", "notebody", "activitybody", "fullcomments", "notiz"),
    "kind": ("kind", "type", "activitytype", "tasksubtype", "art"),
    "due_at": ("due", "duedate", "duedateonly", "scheduledstart", "start", "startdatetime", "date", "activitydate", "when", "fällig"),
    "ends_at": ("ends", "end", "scheduledend", "enddatetime", "enddate"),
    "done_at": ("done", "doneat", "completeddate", "actualend", "completiondate", "erledigtam"),
    "outcome": ("outcome", "calloutcome", "result", "ergebnis"),
    "location": ("location", "where", "ort", "place"),
    "direction": ("direction", "calldirection", "calltype", "directioncode"),
}  # fmt: skip

AROUND = re.compile(
    r"^(?:contact|lead|account|company|opportunity|deal|mailing|billing|shipping|primary|business|work|address1|person|main)"
)


def plain(header: str) -> str:
    """“Address 1: City” -> “address1city”: letters and digits of every script, in small letters."""
    return "".join(sign for sign in header.casefold() if sign.isalnum())


def guess(columns: Sequence[str], targets: Iterable[Target]) -> dict[str, str]:
    """Number of the column (as a string, from 0) -> target, by what the header says. No target is given twice."""
    known: dict[str, list[str]] = {}
    for target in targets:
        for word in dict.fromkeys((plain(str(target.label)), *target.words, *_own_names(target.name))):
            known.setdefault(word, []).append(target.name)
    mapping: dict[str, str] = {}
    for tried in (plain, _shorter):
        for index, column in enumerate(columns):
            if str(index) not in mapping:
                free = (name for name in known.get(tried(column), ()) if name not in mapping.values())
                if name := next(free, ""):
                    mapping[str(index)] = name
    return _sensible(mapping)


def _own_names(name: str) -> tuple[str, str]:
    """“custom.plan” comes back from a raw export as that; people write “Plan”."""
    return plain(name.rpartition(".")[2]), plain(name)


def _shorter(header: str) -> str:
    return AROUND.sub("", plain(header), count=1)


def _sensible(mapping: dict[str, str]) -> dict[str, str]:
    """A full name beside first and last name says nothing new."""
    if {"first_name", "last_name"} <= set(mapping.values()):
        mapping = {index: name for index, name in mapping.items() if name != "full_name"}
    return dict(sorted(mapping.items(), key=lambda pair: int(pair[0])))
