"""What every form view asks first."""

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """What a POST carried, even if it is nothing: an empty answer has errors, a form merely shown has none."""
    return request.POST if request.method == "POST" else None
