"""Made-up Korean comments, which a database stores, compresses and indexes about as real ones.

Few words stand in many texts and most in few (Zipf's law); particles and endings vary, and a text
has 60 to 300 characters, short ones oftener than long ones. Nothing of it means anything.
"""

import random
from bisect import bisect
from itertools import accumulate

SYLLABLES = (
    "가간감강개거건검격견결경계고공과관광교구국군권규균극근금급기길난남내년노농능단담당대덕도독동두등락란량력"
    "련령로록론료류륜률리림립마만망매면명모목무문물미민박반발방배백범법변별병보복본봉부분비사산상생서석선설"
    "성세소속손수순술습승시식신실심안압애야약양어언업여역연열염영예오온완왕외요용우운원월위유육은음의이익인"
    "일임입자작장재저적전절점정제조족존종좌주준중증지직진질집차착찬창채책처천철청체초총최추축출충취측치친침"
    "타탁탄태택토통투특파판팔패편평포폭표품풍필하학한합항해행향허험현형호혼화환활황회효후훈휴흥희"
)
COMMON = [
    *(
        "그리고",
        "하지만",
        "정말",
        "이번",
        "우리",
        "그런데",
        "다만",
        "좀",
        "더",
        "잘",
        "안",
        "그",
        "이",
    ),
    *("것", "수", "때", "다시", "많이", "아직", "지금", "AI", "2025", "3.5%"),
]
ENDINGS = [
    *(
        "은",
        "는",
        "이",
        "가",
        "을",
        "를",
        "의",
        "에",
        "에서",
        "으로",
        "와",
        "과",
        "도",
        "만",
        "까지",
        "보다",
    ),
    *("합니다", "했습니다", "하네요", "하는", "하고", "해서", "하면", "한다", "하기", "", "", ""),
    *("할 수 있습니다", "해야 합니다", "될 것 같아요", "이라고 생각합니다"),
]
SIGNS = [".", ".", "?", "!", "...", " ㅋㅋ"]
WORDS = 30_000
SHORTEST, LONGEST = 60, 300


class MadeUpTexts:
    """The same texts, one after another, for the same seed."""

    def __init__(self, seed=1):
        self.random = random.Random(seed)  # noqa: S311 - no secret
        known = random.Random(0)  # noqa: S311
        sizes = known.choices((2, 3, 4), (70, 20, 10), k=WORDS)
        self.words = ["".join(known.choices(SYLLABLES, k=size)) for size in sizes]
        self.weights = list(accumulate(1 / number for number in range(3, WORDS + 3)))

    def word(self):
        if self.random.random() < 0.15:
            return self.random.choice(COMMON)
        place = bisect(self.weights, self.random.random() * self.weights[-1])
        return self.words[place] + self.random.choice(ENDINGS)

    def text(self):
        wanted = SHORTEST * (LONGEST / SHORTEST) ** self.random.random()
        words, length = [], 0
        while length < wanted:
            sign = self.random.choice(SIGNS) if self.random.random() < 0.12 else ""
            words.append(f"{self.word()}{sign}")
            length += len(words[-1]) + 1
        return " ".join(words)[:LONGEST]
