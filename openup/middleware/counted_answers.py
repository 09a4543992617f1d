from openup.metrics import ANSWERS


class CountedAnswersMiddleware:
    """Count what Django answers, by class of status: `5xx` is what an operator has to know of."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        ANSWERS.labels(f"{response.status_code // 100}xx").inc()
        return response
