"""The pages of journeys that are not the marketer's."""

from django.urls import URLPattern, URLResolver, path

from journeys.web import approvals

app_name = "journeys"
urlpatterns: list[URLPattern | URLResolver] = [
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/<int:pk>/", approvals.approval, name="approval"),
]
