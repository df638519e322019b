"""The site's addresses."""
# SPDX-License-Identifier: MIT
from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path

urlpatterns = [path('polls/', include('polls.urls')), path('admin/', admin.site.urls)] + staticfiles_urlpatterns()
