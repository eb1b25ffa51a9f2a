"""What somebody wrote now, and the history that their mail program put below it."""

from __future__ import annotations

import re

WROTE = re.compile(r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev|escreveu)\b")
BEGINS = re.compile(r"(?:On|Am|Le|El|Il|Op|Den|Em) ")
ORIGINAL = re.compile(
    r"-{2,} ?(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Messaggio originale"
    r"|Oorspronkelijk bericht) ?-{2,}",
    re.IGNORECASE,
)
FROM = re.compile(r"\*?(?:From|Von|De|Da|Van|Från|Fra) ?:\*? \S")
NEXT = re.compile(
    r"\*?(?:Sent|Gesendet|Date|Datum|Envoyé|Enviado|Inviato|Verzonden|To|An|À|Para|A|Aan|Subject|Betreff|Objet|Asunto) ?:"
)
RULE = re.compile(r"[_-]{10,}")


def split(text: str) -> tuple[str, str]:
    """(what is new, the history below it). Where nothing new stands above, all of it is new."""
    lines = text.split("\n")
    begin = next((number for number in range(len(lines)) if _begins_history(lines, number)), len(lines))
    begin = min(begin, _quoted_to_the_end(lines))
    above = lines[:begin]
    while above and (not above[-1].strip() or RULE.fullmatch(above[-1].strip())):
        above.pop()
    return ("\n".join(above), "\n".join(lines[begin:]).strip()) if above else (text, "")


def _begins_history(lines: list[str], number: int) -> bool:
    line = lines[number].strip()[:300]
    after = [one.strip()[:40] for one in lines[number + 1 : number + 3]]
    if BEGINS.match(line):
        said = f"{line} {after[0] if after else ''}".strip()
        return bool(WROTE.search(said)) and any(one.endswith(":") for one in (line, *after[:1]))
    return bool(ORIGINAL.match(line) or (FROM.match(line) and any(NEXT.match(one) for one in after)))


def _quoted_to_the_end(lines: list[str]) -> int:
    """Where the block of lines with “>” begins that ends the text."""
    begin = len(lines)
    while begin and (not lines[begin - 1].strip() or lines[begin - 1].startswith(">")):
        begin -= 1
    return begin if any(line.startswith(">") for line in lines[begin:]) else len(lines)
