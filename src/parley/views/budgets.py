"""Budgets, for administrators: whoever may not change them finds no such page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parley.forms.budgets import BudgetForm, LimitForm
from parley.models import Budget, spending
from parley.models.budget import MAX_BUDGETS

from .base import page, private, redirect_to, require

RIGHT = "parley.change_budget"


@private
@require_GET
def budget_list(request: HttpRequest) -> HttpResponse:
    """Show all budgets and what is spent of them."""
    require(request, RIGHT)
    return page(request, "budget_list", budgets=spending.overview(), most=MAX_BUDGETS)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def budget_create(request: HttpRequest) -> HttpResponse:
    """Make a budget, on a page of its own."""
    require(request, RIGHT)
    form = BudgetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        return redirect_to("parley:budget_list")
    return page(request, "budget_create", status=422 if form.is_bound else 200, form=form)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def budget_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change the limit of a budget, beside what is spent of it; a lower one counts for the next question."""
    require(request, RIGHT)
    budget = get_object_or_404(Budget.objects.select_related("person", "group"), pk=pk)
    initial = {"limit": f"{budget.limit.normalize():f}", "hard": "hard" if budget.hard else "soft"}
    form = LimitForm(request.POST if request.method == "POST" else None, unit=budget.unit, initial=initial)
    if form.is_valid():
        vars(budget).update(form.cleaned_data)
        budget.save(update_fields=["limit", "hard"])
        return redirect_to("parley:budget_list")
    status, spendings = 422 if form.is_bound else 200, spending.most_spent(budget)
    return page(request, "budget_edit", status=status, budget=budget, form=form, spendings=spendings)


@private
@require_POST
def budget_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a budget; calls stay counted."""
    require(request, RIGHT)
    get_object_or_404(Budget, pk=pk).delete()
    return redirect_to("parley:budget_list")
