"""The pages of those around a deal: its competitors, those who have a say in it, its sales team."""

from django.urls import URLPattern, path

from sales.web import competitors, deal_people, rivalries

deals: list[URLPattern] = [
    path("competitors/", competitors.competitors, name="competitors"),
    path("competitors/new/", competitors.competitor_new, name="competitor-new"),
    path("competitors/<int:pk>/", competitors.competitor, name="competitor"),
    path("opportunities/<int:pk>/competitors/", rivalries.add, name="rivalry-add"),
    path("opportunities/competitors/<int:pk>/", rivalries.change, name="rivalry"),
    path("opportunities/competitors/<int:pk>/remove/", rivalries.remove, name="rivalry-remove"),
    path("opportunities/<int:pk>/stakeholders/", deal_people.stakeholder_add, name="stakeholder-add"),
    path("opportunities/stakeholders/<int:pk>/", deal_people.stakeholder, name="stakeholder"),
    path("opportunities/stakeholders/<int:pk>/remove/", deal_people.stakeholder_remove, name="stakeholder-remove"),
    path("opportunities/<int:pk>/team/", deal_people.member_add, name="deal-member-add"),
    path("opportunities/team/<int:pk>/", deal_people.member, name="deal-member"),
    path("opportunities/team/<int:pk>/remove/", deal_people.member_remove, name="deal-member-remove"),
]
