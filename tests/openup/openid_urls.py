"""All routes of a site that is set up for a provider of OpenID Connect."""

from openup.staff.sign_in import openid
from openup.urls import *  # noqa: F403

urlpatterns = [*openid.urlpatterns, *urlpatterns]  # noqa: F405
