"""What an export has to say about itself: what was left out, and what a format grades otherwise than we do.

Nothing is left out silently: the notes stand at the head of a text file, in the README of a package, and on the
terminal.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from problems.text import Language, Text


@dataclass(frozen=True, slots=True)
class Note:
    """`where` names the question or the item, or nothing if it is about the whole export; `skipped`: it is missing."""

    where: str
    text: Text
    skipped: bool = False

    def line(self, language: Language) -> str:
        marks = {
            ("en", True): "left out: ",
            ("zh", True): "未导出：",
        }
        mark = marks.get((language, self.skipped), "")
        colon = ": " if language == "en" else "："
        return f"{self.where}{colon}{mark}{self.text[language]}" if self.where else self.text[language]


_SEMICOLONS = Text("; ", "；")

FORMULA = Text(
    "It asks for a formula, which this format can't compare. The form “choice” of the exercise can be exported.",
    "本题要求填写公式，而这种格式无法比较公式。可以改用该题的选择形式导出。",
)
NO_FORM = Text("There is no such form of these variants.", "这些变式没有这种作答形式。")
NO_EXERCISE = Text("The exercise is no longer in the catalogue.", "题库中已没有这道习题。")
VOID = Text("The item has been voided and counts for nobody.", "该题目已作废，不计分。")
FULL = Text(
    "Here everybody gets the points of this item; elsewhere the answers are graded.",
    "在本系统中该题目人人得分；导出之后则按答案评分。",
)
FOLLOWING = Text(
    "Who works on correctly from a wrong earlier number gets no points for that elsewhere.",
    "前一步数值错误、后续推导正确的，导出之后不再因此得分。",
)
BY_NUMBER = Text(
    "Moodle scores every number by itself, so part of a vector that is right earns part of its points; here all of its "
    "numbers must be right.",
    "Moodle 对每个数分别计分，因此向量中只对一部分也能得到部分分数；在本系统中必须全部正确。",
)
SPLIT = Text(
    "GIFT has no question with several numbers, so it becomes one question a number. Give them their share of the "
    "points in the quiz.",
    "GIFT 没有要求填写多个数的题型，因此每个数各成一题。请在测验中为它们分配相应的分值。",
)
NET = Text(
    "Moodle scores several options as right ones less wrong ones, whatever the scoring here.",
    "无论本系统采用哪种计分方式，Moodle 对多选题都按“选对减选错”计分。",
)
NEUTRAL = Text(
    "The key is disputed. Options on which the two keys differ neither earn nor cost anything in Moodle, so that both "
    "get all points.",
    "本题答案有争议。两种答案不一致的选项在 Moodle 中既不加分也不扣分，因此两种答案都得满分。",
)
ONE_KEY = Text(
    "The key is disputed, and its two versions have nothing in common; Moodle can take only one of them. It is the "
    "corrected one.",
    "本题答案有争议，且两种答案没有共同的选项；Moodle 只能采用一种，这里采用更正后的答案。",
)
NO_FIGURES = Text(
    "The figures of its worked solution are left out, since the export would have more than {most} of them.",
    "解答中的图未导出，因为本次导出的图将超过 {most} 幅。",
)
MARK = Text(
    "Moodle adds up the parts of this question to {sum}; give it {points} in the quiz.",
    "Moodle 将本题各部分的分值相加为 {sum}；请在测验中将其设为 {points}。",
)
LEFT_OUT = {
    "moodle-xml": Text(
        "The check of a whole run is not exported.",
        "“检查全过程”的功能不会导出。",
    ),
    "gift": Text(
        "GIFT has no place for hints, figures and marks; the check of a whole run is not exported.",
        "GIFT 无法包含提示、图和分值；“检查全过程”的功能也不会导出。",
    ),
    "qti": Text(
        "QTI items of this kind have no hints; the check of a whole run is not exported.",
        "这类 QTI 题目不含提示；“检查全过程”的功能也不会导出。",
    ),
}


def lines(notes: Iterable[Note], languages: Iterable[Language]) -> list[str]:
    """Each note once in each of the languages, after all the places that it is about."""
    places: dict[tuple[Text, bool], dict[str, None]] = {}
    for note in notes:
        places.setdefault((note.text, note.skipped), {})[note.where] = None
    return [
        Note(_SEMICOLONS[language].join(where), text, skipped).line(language)
        for language in languages
        for (text, skipped), where in places.items()
    ]
