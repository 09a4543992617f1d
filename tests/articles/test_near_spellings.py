import pytest

from articles.rankings.similar_names import near

KNOWN = ["알리바바", "구글", "메타", "딥시크", "Moonshot AI", "엔비디아", "Cohere"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Alibaba", "알리바바"),
        ("ALIBABA", "알리바바"),
        ("알리 바바", "알리바바"),
        ("알리바바그룹", "알리바바"),
        ("Google", "구글"),
        ("DeepSeek", "딥시크"),
        ("문샷 AI", "Moonshot AI"),
        ("ＮＶＩＤＩＡ", "엔비디아"),
        ("엔비디어", "엔비디아"),
        ("Cohere Inc.", "Cohere"),
    ],
)
def test_another_spelling_is_near(name, found):
    assert near(name, KNOWN)[0] == found


@pytest.mark.parametrize(
    "name", ["텐센트", "바이두", "Mistral", "메가", "아두이노", "", "!?", "ㄱ"]
)
def test_another_name_is_not(name):
    assert near(name, KNOWN) == []
