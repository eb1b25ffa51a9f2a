"""What the preference page says, in each language that somebody has written it in."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.languages import shipped


class PreferencePage(models.Model):
    """The texts for readers of one language; the row without a language is for everybody else, and has the logo."""

    language = models.CharField(
        _("for readers of"),
        max_length=10,
        blank=True,
        unique=True,
        help_text=_("Like de or pt-BR. Empty: for everybody whose language has no texts of its own."),
    )
    heading = models.CharField(_("heading"), max_length=120, default=shipped("What would you like to get?"))
    introduction = models.TextField(_("introduction"), blank=True, max_length=2000)
    thanks = models.CharField(_("after saving"), max_length=300, default=shipped("Saved. Thank you."))
    goodbye = models.TextField(_("after unsubscribing"), blank=True, max_length=1000)
    asks_reason = models.BooleanField(_("ask why somebody leaves"), default=True)
    logo = models.BinaryField(null=True, editable=False)
    logo_type = models.CharField(max_length=30, blank=True, editable=False)

    class Meta:
        ordering = ["language"]
        verbose_name = _("preference page")
        verbose_name_plural = _("preference page")

    def __str__(self) -> str:
        return str(dict(settings.LANGUAGES).get(self.language, self.language)) or str(_("Everybody else"))
