"""The request of somebody who is signed in, for the type checker: what `login_required` promises."""

from django.http import HttpRequest

from crm.models import User


class SignedIn(HttpRequest):
    """Never made; views behind `login_required` name it in their signatures."""

    user: User
