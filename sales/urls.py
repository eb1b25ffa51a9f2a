"""The pages of sales."""

from django.urls import URLPattern, URLResolver, path

from sales.deal_urls import deals
from sales.document_urls import documents
from sales.web import home, leads, lookups, my_work, opportunities, processes, sellers, stages, unassigned, work_queue

app_name = "sales"
urlpatterns: list[URLPattern | URLResolver] = [
    path("home/", home.home, name="home"),
    path("home/<slug:name>.csv", home.home_picture, name="home-picture"),
    path("my-work/", my_work.my_work_page, name="my-work"),
    path("my-work/next/", work_queue.next_work, name="my-work-next"),
    path("leads/", leads.leads, name="leads"),
    path("leads/new/", leads.lead_new, name="lead-new"),
    path("leads/known/", leads.lead_known, name="lead-known"),
    path("settings/availability/", sellers.mine, name="availability"),
    path("sellers/", sellers.seller_list, name="sellers"),
    path("sellers/<int:pk>/", sellers.seller, name="seller"),
    path("absences/<int:pk>/remove/", sellers.absence_remove, name="absence-remove"),
    path("leads/unassigned/", unassigned.unassigned, name="unassigned"),
    path("leads/unassigned/try/", unassigned.try_again, name="unassigned-try"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("leads/<int:pk>/claim/", unassigned.claim, name="lead-claim"),
    path("leads/<int:pk>/by-rules/", unassigned.by_rules, name="lead-by-rules"),
    path("leads/<int:pk>/qualify/", leads.lead_qualify, name="lead-qualify"),
    path("leads/<int:pk>/disqualify/", leads.lead_disqualify, name="lead-disqualify"),
    path("leads/<int:pk>/reactivate/", leads.lead_reactivate, name="lead-reactivate"),
    path("opportunities/", opportunities.opportunities, name="opportunities"),
    path("opportunities/board/", my_work.board, name="board"),
    path("opportunities/new/", opportunities.opportunity_new, name="opportunity-new"),
    path("opportunities/account-names/", lookups.account_names, name="account-names"),
    path("opportunities/contact-names/", lookups.contact_names, name="contact-names"),
    path("opportunities/<int:pk>/", opportunities.opportunity, name="opportunity"),
    path("opportunities/<int:pk>/stages/<str:stage>/", stages.opportunity_stage, name="opportunity-stage"),
    path("opportunities/<int:pk>/move/<str:stage>/", stages.opportunity_move, name="opportunity-move"),
    path("opportunities/<int:pk>/process/", processes.opportunity_process, name="opportunity-process"),
    path("opportunities/<int:pk>/process/finish/", processes.opportunity_finish, name="opportunity-finish"),
    path("opportunities/<int:pk>/process/abandon/", processes.opportunity_abandon, name="opportunity-abandon"),
    path("opportunities/<int:pk>/process/resume/", processes.opportunity_resume, name="opportunity-resume"),
    path("opportunities/<int:pk>/advance/", stages.opportunity_advance, name="opportunity-advance"),
    path("opportunities/<int:pk>/back/", stages.opportunity_back, name="opportunity-back"),
    path("opportunities/<int:pk>/set-stage/", stages.opportunity_set_stage, name="opportunity-set-stage"),
    path("opportunities/<int:pk>/win/", opportunities.opportunity_win, name="opportunity-win"),
    path("opportunities/<int:pk>/lose/", opportunities.opportunity_lose, name="opportunity-lose"),
    path("opportunities/<int:pk>/reopen/", opportunities.opportunity_reopen, name="opportunity-reopen"),
    *deals,
    *documents,
]
