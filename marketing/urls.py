"""The pages of marketing."""

from django.urls import URLPattern, URLResolver, path, re_path

from marketing.web import campaigns, pictures, public_events, public_forms

app_name = "marketing"
urlpatterns: list[URLPattern | URLResolver] = [
    path("f/<slug:slug>/", public_forms.form_page, name="form"),
    path("f/<slug:slug>/thanks/", public_forms.form_thanks, name="form-thanks"),
    path("e/<slug:slug>/", public_events.event_page, name="event"),
    path("e/<slug:slug>/thanks/", public_events.event_thanks, name="event-thanks"),
    path("e/<slug:slug>/materials/", public_events.event_materials, name="event-materials"),
    path("e/<slug:slug>/event.ics", public_events.event_calendar, name="event-calendar"),
    re_path(r"^m/(?P<key>[0-9a-f]{32})\.(?P<ending>png|jpg|gif)$", pictures.picture, name="picture"),
    re_path(r"^m/qr/(?P<token>[\w:.-]+)\.png$", pictures.qr, name="qr"),
    path("campaigns/", campaigns.campaigns, name="campaigns"),
    path("campaigns/<int:pk>/", campaigns.campaign, name="campaign"),
    path("campaigns/<int:pk>/people/<slug:result>/", campaigns.people, name="campaign-people"),
]
