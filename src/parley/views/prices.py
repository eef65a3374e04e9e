"""Prices of models, for administrators."""

from itertools import islice

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from parley.choice import is_personal, joined
from parley.conf import conf
from parley.forms.prices import PriceForm, initial
from parley.models import Price
from parley.models.price import named
from parley.models.totals import in_use

from .base import page, private, redirect_to, require, uuid_or_404

RIGHT = "parley.change_price"
MAX_UNPRICED = 100


@private
@require_http_methods(["GET", "HEAD", "POST"])
def price_list(request: HttpRequest) -> HttpResponse:
    """Show the prices and the models without one, with a form, or keep what was sent."""
    require(request, RIGHT)
    price = _named(request.GET["price"]) if "price" in request.GET else None
    form = _form(request, price)
    if form.is_valid():
        form.save()
        return redirect_to("parley:price_list")
    prices = Price.objects.order_by("connection", "model", "-valid_from")
    asked = (pair for pair, price in in_use().items() if price is None and not is_personal(pair[0]))
    unpriced = [(joined(*pair), named(*pair)) for pair in islice(asked, MAX_UNPRICED)]
    shown = {"form": form, "price": price, "prices": prices, "unpriced": unpriced, "currency": conf.CURRENCY}
    return page(request, "price_list", status=422 if form.is_bound else 200, **shown)


@private
@require_POST
def price_delete(request: HttpRequest) -> HttpResponse:
    """Delete the price that the form names; what calls have cost stays."""
    require(request, RIGHT)
    _named(request.POST.get("price")).delete()
    return redirect_to("parley:price_list")


def _form(request: HttpRequest, price: Price | None) -> PriceForm:
    """Return the form with what was sent, or for the price or model that the address names."""
    if request.method == "POST":
        return PriceForm(request.POST)
    return PriceForm(initial=initial(price) if price else {"choice": request.GET.get("model", "")[:242]})


def _named(pk: str | None) -> Price:
    return get_object_or_404(Price, pk=uuid_or_404(pk))
