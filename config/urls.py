"""Every address of Tandem, app by app."""

from django.contrib import admin
from django.urls import include, path

from config.web import demo_data

urlpatterns = [
    path("", include("crm.urls")),
    path("", include("sales.urls")),
    path("", include("marketing.urls")),
    path("", include("journeys.urls")),
    path("api/", include("config.api")),
    path("auth/", include("config.sign_in")),
    path("admin/demo/", demo_data, name="demo-data"),
    path("admin/", admin.site.urls),
]
