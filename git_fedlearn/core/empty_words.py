"""Words that carry no lesson, by what they are used for: data of `substance`."""

from typing import Final

FUNCTION_WORDS: Final = frozenset(
    (
        "a an the this that these those it its he she they them we us our you your i me my one ones who "
        "whom whose what which when where why how and or but nor so if then else than as at by for from in "
        "into of off on onto out over to up down with without within about against between through per via "
        "is are was were be been being am do does did doing have has had having will would shall should can "
        "could may might must not no there here now again also just only very too such some any all each "
        "every both more most other same own s t re ve ll d don didn doesn isn aren wasn hasn haven won "
        "couldn wouldn"
    ).split()
)
"""Words without a meaning of their own."""

NOTHING_WORDS: Final = frozenset(
    (
        "none na n nil null nan nothing no unknown undefined empty blank placeholder yes true false idk "
        "dunno maybe unclear unsure lorem ipsum xxx keine keiner keines nichts unbekannt aucun aucune "
        "rien inconnu ninguno ninguna nada desconocido nessuno nessuna niente nenhum nenhuma geen niets "
        "brak нет ничего なし 无 没有 없음 nope nah tbc asdf qwerty undetermined sin solución lösung bekannt "
        "connue conocida 解決策なし решения решение 未解决"
    ).split()
)
"""Words for nothing, or for not knowing."""

STATUS_WORDS: Final = frozenset(
    (
        "fixed fix fixes fixing resolved resolve resolves resolving solved solve closed close closes "
        "closing done merged merge merges merging complete completed completes completion finished ok "
        "okay pass passed passes passing success successful successfully succeeded green implemented "
        "applied approved accepted shipped landed released deployed committed pushed verified confirmed "
        "tested validated reviewed addressed handled duplicate wontfix invalid obsolete stale outdated "
        "superseded irrelevant relevant longer needed applicable reproduce reproducible reproduced works "
        "worked working fine good well gone away went itself self healed recovered disappeared expected "
        "intended behavior behaviour design bug bugs issue issues problem problems error errors ticket "
        "task story bead epic item pr prs pull request requests mr commit commits branch main master "
        "trunk head upstream production staging release version latest next build ci pipeline job status "
        "state http https code exit returned response automated automatic automatically auto check checks "
        "checked health healthcheck heartbeat ping test tests suite quality gate gates lint clean clear "
        "lgtm alongside together part along yet already current currently today yesterday patch updated "
        "work action required further nothing thanks thank team user won cannot cause solution answer "
        "resolution remedy conflict conflicts erledigt behoben gelöst nvm nevermind mind taken took "
        "rolled bot due inactivity unable content healthy up service services running restored reassigned "
        "assigned escalated platform moved backlog postponed deferred sprint filed opened transient flaky "
        "myself ourselves reverted bump scan findings message pending blocked blocker time moment present "
        "milestone iteration sorted"
    ).split()
)
"""Words that say how something stands, not what to do."""

RESTART_WORDS: Final = frozenset(
    (
        "reboot reboots rebooted rebooting restart restarts restarted restarting retry retries retried "
        "retrying rerun reran relaunch relaunched reopen reopened turn turned turning switch switched "
        "power cycle cycled powercycle again twice everything fine helped helps gone afterwards back "
        "normal itself own alone server machine computer pc laptop host box device system somebody "
        "someone anymore longer happens happening happened looks look seems sure figured fault bad nvm "
        "try tried trying after"
    ).split()
)
"""Words of trying once more, and of a fault that went away: they say what happened, not what was wrong."""

SUCCESS_WORDS: Final = frozenset(
    (
        "success successful successfully succeeded completed complete done ok okay passed finished fine "
        "green 0 zero no none without errors error warnings healthy good"
    ).split()
)
"""Words of a message that reports no error."""

POINTER_WORDS: Final = frozenset(
    (
        "see above below previous previously before earlier later following same ditto refer refers "
        "reference referenced related linked link links tracked tracking tracker discussed described "
        "mentioned documented documentation docs doc readme wiki thread chat slack email mail discussion "
        "comment comments description details detail attached attachment log logs file page section note "
        "notes message messages reply runbook manual guide siehe oben unten voir dessus véase arriba idem"
    ).split()
)
"""Words that send the reader elsewhere."""

ERROR_WORDS: Final = frozenset(
    (
        "error errors failed failure fail failing fails exception problem issue bug crash crashed unknown "
        "generic unexpected something wrong went occurred happened fehler erreur fatal warning e"
    ).split()
)
"""Words that say that there was an error, not which."""

GENERIC_WORDS: Final = frozenset(
    (
        "always never ever make makes making sure ensure ensures check checks verify carefully careful "
        "proper properly correct correctly right wrong good bad best better practice practices quality "
        "clean clear code coding write writes writing written test tests testing tested document documents "
        "documentation comment comments important importance note remember try tried trying attempt use "
        "uses using used consider think follow follows following guideline guidelines standard standards "
        "convention conventions principle principles simple simplicity complex complexity easy robust "
        "robustness reliable reliability efficient efficiently efficiency effective effectively maintain "
        "maintains maintainable maintainability readable readability scalable scalability performance "
        "optimize optimized improve improves improved improvement enhance issue issues problem problems "
        "error errors bug bugs debug debugging fix fixes fixed fixing solve solved resolve resolved "
        "solution solutions work works working thing things something everything anything nothing user "
        "users team teams people person developer developers communicate communication understand "
        "understanding learn learning plan plans planning goal goals review reviews reviewing regularly "
        "regular often time times early late first last system systems software application applications "
        "program project projects feature features change changes configuration configure configured "
        "settings setup environment data information details log logs handle handles handling edge case "
        "cases input validate validation secure security safe safely meaningful descriptive name names "
        "variable variables function functions small large keep keeps avoid prevent need needs well new old "
        "different appropriate appropriately suitable necessary required require requirement requirements "
        "step steps process processes approach approaches strategy tool tools support help helps implement "
        "implementation design architecture build deploy deploying deployment production run running result "
        "results expected value values before after during contact administrator admin vendor consult refer "
        "manual attention pay aware mind patience patient common sense hard smart job great excellent "
        "consistent consistently consistency focus prioritize priority iterate continuous continuously "
        "monitor monitoring thoroughly thorough diligent diligently detail detailed professional excellence "
        "success successful successfully collaborate collaboration effort caution cautious double until "
        "once"
    ).split()
)
"""Words of advice that fits everywhere."""
