"""/auth/: the pages of django-allauth that we use, in our look; what we have no use for leads to the profile."""

from django.urls import include, path
from django.views.generic import RedirectView

from crm.web.openid import callback

to_profile = RedirectView.as_view(pattern_name="crm:profile")

urlpatterns = [
    path("email/", to_profile),
    path("3rdparty/", to_profile),
    path("oidc/<str:provider_id>/login/callback/", callback),
    path("", include("allauth.urls")),
]
