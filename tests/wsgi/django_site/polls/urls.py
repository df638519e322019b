"""Addresses of polls."""
# SPDX-License-Identifier: MIT
from django.urls import path

from . import views

app_name = 'polls'
urlpatterns = [
    path('', views.IndexView.as_view(), name='index'),
    path('<int:pk>/', views.DetailView.as_view(), name='detail'),
    path('<int:question_id>/vote/', views.vote, name='vote'),
    path('upload/', views.upload, name='upload'),
    path('download/', views.download, name='download'),
    path('stream/', views.stream, name='stream'),
    path('broken/', views.broken, name='broken'),
]
