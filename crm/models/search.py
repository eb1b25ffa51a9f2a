"""The search index: for each record that is found by words, the words it is found by. Written by triggers (crm/search)."""

from typing import Any

from django.db import models


class Resembles(models.Lookup):
    """`words__resembles="jonson"`: the word stands in the text at least nearly (PostgreSQL's trigrams, with their index)."""

    lookup_name = "resembles"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{rhs} <%% {lhs}", (*rhs_params, *lhs_params)


models.TextField.register_lookup(Resembles)


class SearchEntry(models.Model):
    """`words` are lower case, without accents, with a blank before each word; `kind` is the label of the model."""

    kind = models.CharField(max_length=60)
    record_id = models.PositiveBigIntegerField()
    words = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "record_id"], name="search_entry_once")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.record_id}"
