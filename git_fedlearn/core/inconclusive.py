"""Whether a solution is none yet: tried in vain, taken back, a guess, a plan, a question or hearsay. Pure.

A remedy after attempts that failed is a solution; a last sentence that tells of failure is none.
"""

import re

_SENTENCE_END = re.compile(
    r"(?<=[.!?;])\s+|\n+|:\s+(?=[`A-Za-z])|,? (?:so|therefore|instead)\b,? ", re.IGNORECASE
)
_IN_VAIN = (
    r"\bno luck\b|\bno (?:change|difference|improvement|effect)\W*\Z",
    r"\b(?:had|makes?|made) no (?:effect|difference)\b",
    r"\b(?:to no|without(?: any)?) (?:avail|success|effect|improvement)\b",
    (
        r"\bstill do(?:es)?(?:n['\u2019]?t| not) work\b"
        r"|\b(?:it|this|that|which) does(?:n['\u2019]?t| not) work(?: (?:at all|any ?more|either|here))*\W*\Z"
    ),
    r"\b(?:of no|no) (?:use|help)\b|\bgot nowhere\b|\bno longer helped\b",
    r"\bsame (?:error|result|problem|issue|failure|behaviou?r|crash|message)\b|\bas \w+ as (?:before|ever)\b",
    (
        r"\b(?:error|problem|issue|failure|crash|symptom|message)s?"
        r" (?:still )?(?:persist(?:s|ed)?|remain(?:s|ed)?|c[ao]mes? back)\W*\Z"
    ),
    r"\bdid(?:n't| not) (?:really |actually |seem to )?(?:help|solve|fix|resolve|change|work)\b",
    r"\bdid nothing\b|\bchanged nothing\b|\bnothing (?:helped|worked)\b",
    r"\bnone of (?:\w+ ){1,4}(?:worked|helped)\b",
    r"\bmade (?:it|things|everything) worse\b",
    (
        r"\b(?:still|kept|keeps)"
        r" (?:fail\w*|crash\w*|hang\w*|broken|there|happen\w*|occur\w*|complain\w*|gets? (?:the|an?))\b"
    ),
    r"\b(?:is|was|were) not (?:it\W*\Z|the (?:cause|culprit|reason|problem)\b)",
    r"\b(?:fix|patch|workaround) failed\b",
    # taken back
    (
        r"\b(?:reverted|undone|withdrawn|backed (?:it |this |that )?out|rolled (?:it|this|that) back)"
        r"(?: again)?(?:\W*\Z|[,;.]| (?:since|because|as|after|in) )"
    ),
)
_OTHERS = (
    (
        r"\bdo(?:n't|es not|esn't| not) (?:help|solve|fix|resolve|change)\b"
        r"(?: (?:much|it|this|that|anything|either|the (?:\w+ )?(?:problem|issue|error|bug|crash)))*\W*\Z"
    ),
    # a guess
    (
        r"\A\W*(?:maybe|possibly|probably|perhaps (?:the|a|it|we|try|set|\w+ing)|my guess|not sure"
        r"|(?:it |this )?(?:could|might|may) be|i (?:suspect|think|guess|assume|believe|wonder))\b"
    ),
    r"\A\W*if\b.*\b(?:might|could|may)\b|\b(?:may|might|could) (?:help|work|fix|solve)\b",
    # a plan
    r"\A\W*(?:i|we)(?:'ll| will|(?:'m|'re| am| are) (?:going|planning) to| (?:plan|intend) to| should)\b",
    (
        r"\A\W*(?:will|going to|planning to|about to)"
        r" (?:add|move|look|try|bump|fix|change|replace|switch|update|use|check|test)\b"
    ),
    r"\A\W*(?:plan|next steps?|the (?:plan|idea|next step) is|(?:thinking|considering)\b.{0,12}\b\w+ing)\b",
    # a question
    r"\?\W*\Z",
    # hearsay, not tried
    (
        r"\bun(?:tested|verified|confirmed)\b"
        r"|\b(?:not|n't|never) (?:yet )?(?:been )?(?:tried|tested|verified|confirmed)\b"
    ),
    (
        r"\A\W*(?:some(?:one|body)|a (?:colleague|friend)|people|they|rumou?r\w*)\b.{0,40}"
        r"\b(?:said|says?|claims?|claimed|suggests?|suggested|thinks?|reported|has it)\b"
    ),
)
_FAILED = re.compile("|".join(_IN_VAIN), re.IGNORECASE)
_NO_REMEDY = re.compile("|".join((*_IN_VAIN, *_OTHERS)), re.IGNORECASE)


def is_inconclusive(solution: str) -> bool:
    """Whether the last sentence of a solution says that it failed, or no sentence says what helped."""
    sentences = [part for part in _SENTENCE_END.split(solution.strip()) if re.search(r"\w", part)]
    if not sentences:
        return False
    return bool(_FAILED.search(sentences[-1])) or all(map(_NO_REMEDY.search, sentences))
