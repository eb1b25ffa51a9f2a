"""The words that the law wants under every commercial mail, in the language of the email and not of who edits it.

They are more languages than public pages speak: an email is written in any.
"""

from __future__ import annotations

WORDS = {
    "en": ("Unsubscribe", "Preferences"),
    "de": ("Abmelden", "Einstellungen"),
    "fr": ("Se désabonner", "Préférences"),
    "es": ("Darse de baja", "Preferencias"),
    "it": ("Annulla l’iscrizione", "Preferenze"),
    "nl": ("Afmelden", "Voorkeuren"),
    "pt": ("Cancelar subscrição", "Preferências"),
    "pl": ("Wypisz się", "Preferencje"),
    "sv": ("Avsluta prenumerationen", "Inställningar"),
    "da": ("Afmeld", "Indstillinger"),
    "fi": ("Peruuta tilaus", "Asetukset"),
    "cs": ("Odhlásit odběr", "Předvolby"),
    "hi": ("सदस्यता समाप्त करें", "प्राथमिकताएँ"),
    "ja": ("配信停止", "配信設定"),
    "zh": ("退订", "偏好设置"),
}


def leave_words(language: str) -> tuple[str, str]:
    """(unsubscribe, preferences); English where the language is not among them."""
    return WORDS.get(language.lower()[:2], WORDS["en"])
