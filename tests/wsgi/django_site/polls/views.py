"""Pages of polls, an upload, a stream."""
# SPDX-License-Identifier: MIT
import hashlib
import os

from django.db.models import F
from django.http import FileResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views import generic
from django.views.decorators.csrf import csrf_exempt

from .models import Question


class IndexView(generic.ListView):
    model = Question
    template_name = 'polls/index.html'


class DetailView(generic.DetailView):
    model = Question
    template_name = 'polls/detail.html'


def vote(request, question_id):
    question = get_object_or_404(Question, pk=question_id)
    chosen = question.choice_set.filter(pk=request.POST.get('choice', 0))
    if not chosen:
        return render(request, 'polls/detail.html', {'question': question, 'error': 'Nothing was chosen.'})
    chosen.update(votes=F('votes') + 1)
    request.session['n_votes'] = request.session.get('n_votes', 0) + 1
    return HttpResponseRedirect(reverse('polls:detail', args=(question.id,)))


@csrf_exempt
def upload(request):
    digest = hashlib.sha256()
    for piece in request.FILES['file'].chunks():
        digest.update(piece)
    return JsonResponse({'sha256': digest.hexdigest(), 'size': request.FILES['file'].size,
                         'note': request.POST.get('note')})


def download(request):
    return FileResponse(open(os.environ['DJANGO_SITE_FILE'], 'rb'))


def stream(request):
    return StreamingHttpResponse(f'line {n} for {request.path}\n' for n in range(int(request.GET['n'])))


def broken(request):
    raise RuntimeError('a view that fails')
