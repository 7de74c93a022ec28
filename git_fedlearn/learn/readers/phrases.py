"""Words by which sessions are judged: of commands, of errors, of explanations, of rules and wishes."""

import re
from typing import Final

LOOKING_COMMANDS: Final = frozenset(
    "ls cat head tail grep egrep rg ag fd find wc echo pwd which whereis type man test [ [[ stat file tree less more "
    "ps df du env printenv date whoami uname id hostname jq yq diff cmp sleep true false nl sort uniq cut awk".split()
)

LOOKING_GIT_COMMANDS: Final = frozenset(
    "status diff log show branch remote blame ls-files rev-parse grep describe".split()
)

ASKS_FOR_HELP: Final = re.compile(r"(?:^|\s)(?:--version|-V|--help|-h|version|help)\s*$")

CHANGES_SOMETHING: Final = re.compile(
    r"\b(?:install|add|enable|disable|set|unset|config\w*|create\w*|init\w*|login|auth\w*|export|link|unlink|import|up|down"
    r"|start|stop|restart|reload|pull|fetch|up(?:grade|date)|downgrade|migrate|generate|sync|clean|prune|rm|cp|mv|touch"
    r"|mkdir|chmod|chown|ln|kill\w*|sed -i|patch|apply|reset|restore|checkout|rebase|merge|use|switch|select|remove"
    r"|uninstall|delete|register|trust|tidy|vendor|lock|rebuild|reinstall|setup|bootstrap|provision|modprobe|mount"
    r"|sysctl|ulimit|usermod|source|pin|refresh|renew|dedupe|build|get|rollback|rollout|scale|grant|alter|drop|accept"
    r"|allow|corepack|ssh-add|ssh-keygen|unlock|venv|deps)\b|(?<![\d&])>>?\s*[\w./~$]"
)

COMMON_WORDS: Final = frozenset(
    "the and for with not that this from was were are has have had into its can could cannot will would should does did "
    "but you your our their there here when then than which what who how why all any some one two now new old use used "
    "using file files src lib app main test tests error errors failed fail failure warning info line lines code exit "
    "command run running make get set add added let see also only just more most other same such via per index data "
    "import return def class function const var none null true false self print python node npm bash shell usr bin home "
    "user tmp var etc opt com org www http https false "
    "of to in it is on at by as an or if be we do no so up my me us he go am ok vs js py ts rs cc md id".split()
)

FAILURE_REPORT: Final = re.compile(
    r"(?im)\b[1-9]\d* (?:failed|errors?)\b|^(?:error|fatal)\b[: ]|^Traceback|Error \d+$|command not found"
)

REFUSES_TO_WORK: Final = re.compile(
    r"(?im)^fatal: (?!(?:ambiguous|bad|not a (?:git|valid)|no such|path|pathspec|your current branch|invalid))"
)
"""What a command that only looks says if something is wrong with the system, not with what it looks for."""

SUMMARY_LINE: Final = re.compile(
    r"(?i)^\W*(?:\d+ (?:passed|failed|errors?|warnings?|tests?)\b.*|make(?:\[\d+\])?: \*\*\* \[.*"
    r"|npm err! (?:code|errno|path|command|a complete log).*|command exited with.*"
    r"|error: command .* failed with.*|exit code:? \d+|=+.*=+|-{3,}.*|\s*\^+\s*|error: could not compile .*"
    r"|(?:info|note|warning|hint):.*)$"
)

ECHO_LINE: Final = re.compile(r"^(?:[>$+#] ?\S.*|\S+@\S+ \S+)$")
"""A line that repeats what a program runs, unless it tells of an error."""

TELLING_LINE: Final = re.compile(
    r"(?i)error|fatal|exception|cannot|can't|can not|could ?n.t|could not|not |no such|missing|denied|refus|invalid"
    r"|\bno\b|unknown|unresolved|undefined|unexpected|unsupported|incompatib|deprecat|mismatch|conflict|require|detail"
    r"|n['’]t\b|expected|failed|fail:|forbidden|unable|panic|abort|already|too |only |must |^E\s"
)

TRIES_AGAIN: Final = re.compile(
    r"(?i)\b(?:try (?:it |that |this )?(?:again|once more)|retry|rerun|once more|did(?:n't| not) answer|flaky|temporar|transient|intermittent"
    r"|hic+(?:up|ough)|glitch|(?:another|second|new) (?:try|attempt)|run (?:it|that) again|by chance|unrelated)"
)

PASSING_TROUBLE: Final = re.compile(
    r"(?i)timed? ?out|timeout|connection (?:reset|refused|aborted|closed)|temporar|try again|rate limit|too many requests"
    r"|\b(?:429|502|503|504)\b|could not resolve host|name resolution|unreachable|bad gateway|EOF occurred"
    r"|ECONN\w+|ETIMEDOUT|EAI_AGAIN|service unavailable|network is down|locked by|get lock|lock (?:is )?held|resource busy"
)
"""Errors that often go away by themselves."""

NARRATION: Final = re.compile(
    r"(?i)^(?:let me|let's|let us|next|now|first|then|done|ok(?:ay)?|great|good|perfect|green|all right|fine|noted"
    r"|i(?:'ll| will|'m going to| am going to)? (?:read|check|look|run|try|start|see|continue|search|open|suspect|guess)"
    r"|it passes|that (?:part )?(?:is fine|works|did it)|the (?:tests?|build) (?:pass|is green|now)|running|checking"
    r"|looking|reading|hmm|understood|will do|maybe|perhaps|here)\b"
)

GIVES_REASON: Final = re.compile(
    r"(?i)\b(?:because|since|so|needs?|requires?|must|missing|wrong|instead|is (?:not|no|too|of|only)|was|were|has|have|the cause"
    r"|caused|due to|expects?|refuses?|does(?: not|n't)|did(?: not|n't)|without|unless|until|cannot|can't|no longer"
    r"|are|turns out|means?|fix|solution)\b"
)

FAILED_ASSERTION: Final = re.compile(
    r"(?i)assert|\bexpect(?:ed)?\b.*\b(?:got|received|actual|but|to (?:equal|be|have|contain))\b|\bto(?:Be|Equal|Have)\b"
    r"|!==?|^\s*(?:got|want|expected|received|actual|left|right)\b|panicked|comparison failed|mismatch.*snapshot"
    r"|^\s*[-+] (?!.*\b(?:requires?|needs?|missing|not (?:found|installed))\b)"
)

TEST_CAME_FIRST: Final = re.compile(
    r"(?i)\b(?:as (?:expected|intended|planned|it should)|expected to fail|should fail|fails? first|test first|red\b"
    r"|not (?:yet )?(?:written|implemented|there|done|built|exist\w*)|does(?:n't| not) exist yet|is(?:n't| not) .{0,30}\byet"
    r"|tdd|failing test|now (?:i )?(?:write|implement|add)|to be implemented)\b"
)

MISSING_THING: Final = re.compile(
    r"(?i)not found|missing|no module|cannot find|can't find|could not find|couldn't find|unable to (?:find|locate)"
    r"|not installed|no such|is required|requires|not available|unknown command"
)
"""An error that something is not there, as installing it mends."""

INSTALLS_SOMETHING: Final = re.compile(
    r"\b(?:install|add|i)\b.*\s[\w@./+=-]*[a-z]|\b(?:get|download|pull|restore|fetch)\b.*\s[\w@./+=-]*[a-z]"
)

CHECKS_SOMETHING: Final = re.compile(
    r"(?i)\b(?:\w*tests?|spec|rspec|jest|vitest|lint\w*|check|verify|build|compile|run|serve|fmt|format|clippy|tsc|mypy"
    r"|ruff|eslint|prettier|bench\w*|coverage|make|curl|wget|plan|validate)\b"
)
"""Commands that say how something is, and what they make is their own."""

MISSING_NAME: Final = re.compile(
    r"(?i)(?:has no (?:attribute|member|method)|is not defined|undefined(?: name|: | variable| function| reference)?"
    r"|cannot import name|cannot find (?:name|function|method)|unresolved (?:import|name)|no (?:method|function|member) named"
    r"|is not a function|does not exist on type|undefined method|no field)"
)


def _weighted(table: str) -> list[tuple[float, re.Pattern[str]]]:
    """Patterns with a weight before each."""
    rows = (line.partition(" ") for line in table.strip().splitlines())
    return [(float(weight), re.compile(pattern, re.IGNORECASE)) for weight, _, pattern in rows]


SPEAKS_FOR_A_RULE: Final = _weighted(
    r"""
1.5 \bin (?:this|our|the whole) (?:repo\w*|project|code ?base|team|package|module|service|app\w*|shop|house|org\w*|company)\b
1.0 \b(?:here|everywhere|throughout|across)\b
1.0 \bour\b|\bthe team\b|\bwe (?!can\b|could\b|will\b|would\b|talk|were\b|had\b|are\b|need to\b|should\b|have (?:a|to)\b|did\b|saw\b|got\b|might\b|may\b)\w+
1.5 \b(?:always|never(?! mind)|whenever|whatever|whoever|wherever|from now on|going forward|in (?:the )?future|henceforth|(?:don't|do not) ever)\b
1.0 ^\W*(?!(?:the|these|those|my|your|his|her|their|this|that|there|it)\b)(?:[\w/.-]+ ){0,2}[\w/.-]+s (?:must|may|need|have to|should|go|live|follow|are|get|use|take|belong|come|start|stay)\b
1.5 \b(?:immer|stets|grunds[äa]tzlich|nie(?:mals)?|toujours|jamais|siempre|nunca|jam[áa]s|sempre)\b
1.5 \b(?:ab (?:jetzt|sofort)|k[üu]nftig|d[ée]sormais|dor[ée]navant|[àa] partir de maintenant|(?:de|a partir de) ahora|d'ora in poi|de agora em diante)\b
1.5 \b(?:bei uns|in diesem (?:projekt|repo\w*)|in unserem|unsere?[nmrs]?|wir (?!sollten|m[üu]ssen|k[öo]nnen)\w+en|hier\b.*\b(?:immer|nie|nur|kein\w*)|dans (?:ce|notre) \w+|chez nous|notre|nous \w+ons|on n'?\s?\w+ (?:pas|jamais|que)|en (?:este|nuestro) \w+|nuestr[oa]s?|aqu[íi]|in questo \w+|nostr[oaie]|neste \w+|noss[oa]s?)\b
1.0 \b(?:muss|m[üu]ssen|darf (?:nicht|kein\w*)|d[üu]rfen (?:nicht|keine?)|verboten|doit|doivent|il faut|interdit\w*|deben?|hay que|prohibid[oa]s?|deve|devem|devono)\b
0.5 \b(?:statt|anstatt|nicht|keine?[nmrs]?|au lieu|en (?:vez|lugar) de|invece di|em vez de|sino)\b
1.0 \b(?:every|each|all|any|only|anything|everything|nothing else|nothing|nobody|no one)\b
1.0 \b(?:must(?:n't| not)?|may not|may only|has to|have to|are to be|is to be|not allowed|forbidden|ought to|should(?:n't| not)?)\b
1.5 \b(?:remember|keep in mind|by the way|btw|note that|for the record|one thing|(?:small|quick|side) (?:thing|note)|heads[- ]up|reminder|word of warning|fyi|good to know|be aware|for (?:the )?future|in future|going forward|as a rule|rule of thumb|in general|generally|by convention|convention|guideline|policy|house (?:style|rule)|please know|so you know|you should know|make sure|important:)\b
1.0 ,? not \b|\binstead\b|\brather than\b|\bnever\b(?! mind)
0.5 \b(?:because|since|otherwise|or else|so that|so|rejects?|breaks?|fails?|checks?|the reason|that way|relies|depends|gets? lost)\b
0.5 \b(?:don't|do not|doesn't|no \w+s|without)\b
1.5 \bthe (?:rule|convention|policy|standard|agreement)\b.{0,20}\bis\b|\byou to (?:always|never)\b
0.5 \b\w+s (?:in \w+ )?are \w+\b
0.5 `[^`]+`|\b\w+[/.]\w+\b|\b\w+/(?=\s)|\b[a-z]+[A-Z]\w+\b|\b[A-Z][a-z]+[A-Z]\w+\b|\b[a-z]+_[a-z_]+\b|\b[A-Z]{2,}\b
0.5 \b(?:is|are|lives?|goes?|go|belongs?|comes?|begins?|starts?|ends?|gets?|stays?|follows?|needs?|requires?|uses?) (?:\w+ ){0,2}(?:in|into|to|under|with|from|by|on|through|before|after|\w+(?:ed|en))\b
"""
)
"""All cases, us, duty, announcement, contrast, reason, names, the present."""

SPEAKS_AGAINST_A_RULE: Final = _weighted(
    r"""
1.5 \b(?:yesterday|today|tonight|tomorrow|this (?:morning|afternoon|evening|week|time|one)|last (?:night|week|time)|for now|right now|not now|at the moment|by (?:noon|\w+day)|noon|later|next week|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|september|october|november|december)\b
1.0 \b(?:until|still|meanwhile|for the time being|soon)\b
2.0 \b(?:i meant|never ?mind|(?:not )?that (?:file|one|branch|line|test)\b(?! \w+s\b)|the other (?:one|file|function|branch)|which one|the (?:first|second|third|last)(?: two| three)? \w+)\b
1.0 \b(?:i|he|she|they)(?:'ll| will|'d| would| did| looked| saw| made| need| needs| want| wants| called| asked| said| told| have to go| found| forgot| think)\b
1.0 \b(?:was|were|had|did|found|forgot|happened|liked|sent)\b
1.0 \bthe \w+ (?:called|wants?|needs|said|asked|would like)\b|\b(?:meeting|demo|presentation|deadline|holiday|lunch)\b
1.5 \b(?:continue|go on|carry on|do that (?:first|before)|before anything else|wait for me|(?:^|[,;.:] )(?:please )?start with|leave (?:it|that)|come back|skip (?:it|that)|can you|could you|would you|let's|let us|let me)\b
1.0 \bplease (?:add|check|fix|push|make|look|try|run|put|rename|write|do|swap|hide|finish|change|send|explain|move|delete|remove|rebase|merge)\b
1.0 \b(?:this|that|it|which) (?:is|looks) (?:wrong|broken|off)\b|\b(?:from|as|like) before\b|\bagain\b
1.5 \?(?:\s|$)
2.5 \b(?:this|that|it) should(?:n't| not)?\b
1.5 \b(?:is|are|looks) (?:fine|good|ok(?:ay)?)\b|\bit (?:should|must) (?:say|show|read|look|be)\b
2.5 \bi (?:always|never)\b
1.0 \blook at\b|\bof (?:these|those|them)\b
1.0 \b(?:undo|revert|restore|take back) (?:that|it|this|them)\b
1.5 \b(?:heute|morgen|gestern|gleich|vorerst|erstmal|bis (?:morgen|\w+tag)|aujourd'hui|demain|pour l'instant|ma[ñn]ana|hoy|ayer|por ahora|oggi|domani|hoje|amanh[ãa])\b
1.5 \b(?:kannst|k[öo]nntest) du\b|\bbitte (?:mach|schau|pr[üu]f|f[üu]ge?|l[öo]sch|schieb|[äa]nder|zeig)\w*|\bnoch (?:ein)?mal\b|\b(?:peux|pourrais)-tu\b|\b(?:puedes|podr[íi]as)\b|\bhaz\b|\bajoute\b
"""
)
"""What makes a wish of the day."""

REFUSAL: Final = re.compile(
    r"(?i)^(?:\W*(?:no|nope|not|stop|don't|do not|never|wrong|wait|hmm|hold on|careful|actually|please (?:don't|do not|no|use|undo|revert)|undo|revert|that(?:'s| is) (?:not|wrong)"
    r"|nein|nicht so|halt|stopp?|falsch|non|pas comme|n[ãa]o|as[íi] no)\b)"
    r"|\b(?:instead|rather|not like (?:that|this)|we don't|we do not|should(?:n't| not)|isn't how|is not how)\b"
)

AGREEMENT: Final = re.compile(
    r"(?i)^\W*(?:thanks?|thank you|good|great|perfect|yes|yep|exactly|fine|nice|right|ok(?:ay)?|that's it|that is it|better|looks good|lgtm|well done|excellent|correct|keep|cool|awesome"
    r"|danke|genau|passt|super|prima|merci|parfait|gracias|perfecto|vale|grazie|perfetto|obrigad[oa])\b"
)

OPENING: Final = re.compile(
    r"(?i)^(?:(?:no|stop|wait|hmm|actually|by the way|btw|fyi|for the record|please|note that|one thing to know[^:,]*|please remember[^:,]*|remember)\b[\s,:;.!-]*)+"
)

GIT_WORK: Final = re.compile(
    r"^git (?:add|commit|stash|push|pull|fetch|checkout|switch|merge|rebase|restore|reset)\b"
)
"""Everyday commands of git, which fix an error only if they have to do with it."""

OWN_SLIP: Final = re.compile(
    r"(?i)\b(?:i (?:forgot|mistyped|misspelled|missed|overlooked|introduced|broke)|my (?:mistake|typo|slip|error|fault|bad)|typo|oops|slip of mine|(?:a|one) (?:typo|slip))\b"
)
"""An error that the agent has just made itself."""

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+(?:\.\d+)*")


def words_in(text: str) -> frozenset[str]:
    """The telling words of a text in lower case: parts of names, stems rather than forms."""
    found = {match.group().casefold() for match in _WORD.finditer(text)}
    telling = {word for word in found if len(word) > 1} - COMMON_WORDS
    return frozenset(map(_stem, telling)) - COMMON_WORDS


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:  # noqa: PLR2004  what is left must tell something
            return word[: -len(ending)]
    return word


def sentences_of(text: str) -> list[str]:
    """The sentences and lines of a text."""
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z`\"'(])|\n+", text)
    return [part.strip() for part in parts if part.strip()]
