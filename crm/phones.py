"""Phone numbers in one normal form, E.164."""

import phonenumbers


def normal_phone(number: str, country: str = "") -> str:
    """“0151 2345678” in DE -> “+491512345678”; "" where it cannot be a number. `country` is two letters."""
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def may_be_mobile(number: str, country: str = "") -> bool:
    """Could a text message reach this number? True also where a country does not tell mobile from fixed lines."""
    normal = normal_phone(number, country)
    if not normal:
        return False
    kind = phonenumbers.number_type(phonenumbers.parse(normal))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
