"""What the verbs and depths of access are called."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.access.depths import Depth

HEADINGS = {
    "view": _("See"),
    "add": _("Create"),
    "change": _("Change"),
    "delete": _("Delete"),
    "assign": _("Assign"),
    "share": _("Share"),
    "merge": _("Merge"),
    "export": _("Export"),
    "import": _("Import"),
    "approve": _("Approve"),
}
"""A column of the table of grants."""

IN_A_SENTENCE = {
    "view": pgettext_lazy("your role lets you … it", "see"),
    "add": pgettext_lazy("your role lets you … it", "create"),
    "change": pgettext_lazy("your role lets you … it", "change"),
    "delete": pgettext_lazy("your role lets you … it", "delete"),
    "assign": pgettext_lazy("your role lets you … it", "assign"),
    "share": pgettext_lazy("your role lets you … it", "share"),
    "merge": pgettext_lazy("your role lets you … it", "merge"),
    "export": pgettext_lazy("your role lets you … it", "export"),
    "import": pgettext_lazy("your role lets you … it", "import"),
    "approve": pgettext_lazy("your role lets you … it", "approve"),
}

WHOSE = {
    Depth.NONE: _("none"),
    Depth.OWN: _("only your own"),
    Depth.TEAM: _("those of your team"),
    Depth.BRANCH: _("those of your team and the teams below"),
    Depth.ALL: _("all of them"),
}

MEANINGS = [
    (Depth.NONE, _("Nothing"), _("not at all")),
    (Depth.OWN, _("Own"), _("what belongs to the person")),
    (Depth.TEAM, _("Team"), _("what belongs to the people of the same team")),
    (Depth.BRANCH, _("Team and below"), _("and to the people of the teams under it")),
    (Depth.ALL, _("Everything"), _("the whole company's")),
]
"""(depth, name, what it means) for a legend."""
