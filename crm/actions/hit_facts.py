"""Filling in with what, and in which country, a mail was opened or clicked: by the reader, after the hit has been answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from crm.delivery.devices import Seen, seen_with
from crm.delivery.geography import country_of, is_known
from crm.models import Interaction, MailClient


def fill(hits: Iterable[tuple[Interaction, str]]) -> None:
    """Each hit with its verdict of now. Writes what differs, one statement for those that are alike."""
    alike: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    wanted = [(hit, _seen(hit, verdict)) for hit, verdict in hits]
    clients = _clients({seen for _hit, seen in wanted})
    for hit, seen in wanted:
        found = clients[seen], country_of(str(hit.data.get("network", ""))) if hit.country is None else hit.country
        if found != (hit.client_id, hit.country):
            alike[found].append(hit.pk)
    for (client, country), ids in alike.items():
        Interaction.objects.filter(pk__among=ids).update(client=client, country=country)


def fill_countries(after: int, version: int, limit: int = 2000) -> int:
    """Of the next hits behind row `after` that were kept before there was a database of countries; answers the last row, or 0."""
    if not is_known():
        return 0
    hits = Interaction.objects.filter(verdict_version=version, pk__gt=after).order_by("pk")
    rows = list(hits.only("pk", "data", "country", "client_id", "kind", "verdict")[:limit])
    fill((row, row.verdict) for row in rows if row.country is None)
    return rows[-1].pk if rows else 0


def _seen(hit: Interaction, verdict: str) -> Seen:
    return seen_with(str(hit.data.get("agent", "")), verdict, is_open=hit.kind.endswith(".opened"))


def _clients(wanted: set[Seen]) -> dict[Seen, int]:
    """Their ids: one question where all have been met before."""
    rows = MailClient.objects.filter(client__in={seen.client for seen in wanted})
    known = {Seen(row.device, row.client, row.system): row.pk for row in rows}
    for seen in wanted - known.keys():
        row, _is_new = MailClient.objects.get_or_create(device=seen.device, client=seen.client, system=seen.system)
        known[seen] = row.pk
    return known
