"""How our emails look: colours, fonts, logo, and what stands at their foot."""

from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from crm.models import Record

colour = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "A colour is # and six digits or letters up to f, e.g. #3b55c9.")


class Font(models.TextChoices):
    """Fonts that are on people's machines: a mail that waits for one from elsewhere shows something else first."""

    SYSTEM = "system", "The reader’s own (system)"
    ARIAL = "arial", "Arial, Helvetica"
    VERDANA = "verdana", "Verdana"
    TREBUCHET = "trebuchet", "Trebuchet"
    GEORGIA = "georgia", "Georgia (serif)"
    TIMES = "times", "Times (serif)"
    COURIER = "courier", "Courier (typewriter)"


class Brand(Record):
    """One look; one of them is the default, for emails that name none."""

    name = models.CharField(max_length=100)
    is_default = models.BooleanField("the default", default=False, help_text="For emails that name no brand.")
    accent = models.CharField("buttons and links", max_length=7, default="#3b55c9", validators=[colour])
    on_accent = models.CharField("text on buttons", max_length=7, default="#ffffff", validators=[colour])
    ink = models.CharField("text", max_length=7, default="#1b2230", validators=[colour])
    soft = models.CharField("quiet text", max_length=7, default="#566074", validators=[colour])
    paper = models.CharField("paper", max_length=7, default="#ffffff", validators=[colour])
    ground = models.CharField("ground around it", max_length=7, default="#f2f4f8", validators=[colour])
    line = models.CharField("lines", max_length=7, default="#e1e5ec", validators=[colour])
    font = models.CharField(max_length=12, choices=Font, default=Font.SYSTEM)
    heading_font = models.CharField(max_length=12, choices=Font, default=Font.SYSTEM)
    radius = models.PositiveSmallIntegerField(
        "roundness in pixels", default=8, validators=[MaxValueValidator(32)], help_text="Of buttons and of the paper."
    )
    logo = models.ForeignKey("marketing.MediaFile", models.PROTECT, null=True, blank=True, related_name="brands")
    logo_width = models.PositiveSmallIntegerField(
        "width of the logo in pixels", default=140, validators=[MaxValueValidator(600)]
    )
    website = models.URLField(blank=True, help_text="Where a click on the logo leads.")
    postal_address = models.CharField(
        max_length=300, blank=True, help_text="At the foot of commercial mail. Empty: the one of your company."
    )
    footer = models.TextField(blank=True, help_text="A few words at the foot, e.g. why the reader gets this.")
    social = models.TextField(
        "social pages", blank=True, help_text="One a line: LinkedIn https://www.linkedin.com/company/…"
    )

    class Meta:
        ordering = ["-is_default", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True, deleted_at=None),
                name="brand_one_default",
            )
        ]

    def __str__(self) -> str:
        return self.name
