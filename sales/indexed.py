"""By which words leads, opportunities, documents and products are found."""

from crm.search.indexed import Indexed, Join

PERSON = Join("crm_contact", "contact_id", ("first_name", "last_name", "email"))
ACCOUNT = Join("crm_account", "account_id", ("name",))

LEADS = Indexed("sales.lead", "sales_lead", ("topic", "company_name"), (PERSON, ACCOUNT))
OPPORTUNITIES = Indexed("sales.opportunity", "sales_opportunity", ("topic",), (PERSON, ACCOUNT))
QUOTES = Indexed("sales.quote", "sales_quote", ("number", "billing_name"), (PERSON,))
ORDERS = Indexed("sales.order", "sales_order", ("number", "billing_name"), (PERSON,))
INVOICES = Indexed("sales.invoice", "sales_invoice", ("number", "billing_name"), (PERSON,))
PRODUCTS = Indexed("sales.product", "sales_product", ("name", "number"))
PRICE_LISTS = Indexed("sales.pricelist", "sales_pricelist", ("name",))
COMPETITORS = Indexed("sales.competitor", "sales_competitor", ("name", "website", "products"))
TAX_RATES = Indexed("sales.taxrate", "sales_taxrate", ("name", "country"))
EVERY = (LEADS, OPPORTUNITIES, QUOTES, ORDERS, INVOICES, PRODUCTS, PRICE_LISTS, TAX_RATES, COMPETITORS)
