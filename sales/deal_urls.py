"""The pages of those around a deal: its competitors."""

from django.urls import URLPattern, path

from sales.web import competitors, rivalries

deals: list[URLPattern] = [
    path("competitors/", competitors.competitors, name="competitors"),
    path("competitors/new/", competitors.competitor_new, name="competitor-new"),
    path("competitors/<int:pk>/", competitors.competitor, name="competitor"),
    path("opportunities/<int:pk>/competitors/", rivalries.add, name="rivalry-add"),
    path("opportunities/competitors/<int:pk>/", rivalries.change, name="rivalry"),
    path("opportunities/competitors/<int:pk>/remove/", rivalries.remove, name="rivalry-remove"),
]
