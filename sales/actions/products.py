"""The life of a product: sold from now on, or no longer."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from crm.errors import Invalid, NotAllowed
from crm.models import User
from sales.models import PriceList, PriceListItem, Product


@transaction.atomic
def activate_product(product: Product, *, by: User) -> Product:
    """From now on it can be put on deals and quotes."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    if not can_proceed(product.activate):
        raise NotAllowed(_("“{}” is active already.").format(product))
    product.activate()
    product.version += 1
    product.save()
    return product


@transaction.atomic
def retire_product(product: Product, *, by: User) -> Product:
    """No longer sold. Documents that name it stay as they are."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    if not can_proceed(product.retire):
        raise NotAllowed(
            _("Only an active product is retired; “{}” is {}.").format(product, product.get_status_display().lower())
        )
    product.retire()
    product.version += 1
    product.save()
    return product


@transaction.atomic
def set_price(product: Product, *, price_list: PriceList, price: Decimal, by: User) -> Product:
    """What one unit costs in that list, in its currency, without tax; replaces what was there. Raises Invalid below zero."""
    if not price.is_finite() or price < 0:
        raise Invalid(_("A price cannot be less than zero."), field="price")
    PriceListItem.objects.update_or_create(product=product, price_list=price_list, defaults={"price": price})
    return product
