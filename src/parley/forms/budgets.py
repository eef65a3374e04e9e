"""The forms of a budget."""

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from parley.conf import conf
from parley.models import Budget
from parley.models.budget import LARGEST, MAX_BUDGETS
from parley.text import clean_line

MAX_GROUPS = 500
FOR_WHOM = _("Choose a person, a group, or everyone.")


class LimitForm(forms.Form):
    """The limit of a budget, and what comes of it; whose it is and for how long stays."""

    limit = forms.DecimalField(
        label=_("Limit"),
        max_digits=20,
        decimal_places=8,
        max_value=LARGEST,
        widget=forms.NumberInput(attrs={"step": "any", "min": 0, "inputmode": "decimal"}),
        error_messages={"required": _("Give the budget a limit above 0.")},
    )
    hard = forms.TypedChoiceField(
        label=_("Where it is used up"),
        choices=[("hard", _("Refuse further questions")), ("soft", _("Warn only"))],
        coerce=lambda choice: choice == "hard",
        initial="hard",
    )

    def __init__(self, data: Any = None, *, unit: str = "", **options: Any) -> None:
        super().__init__(data, **options)
        if unit:
            words = conf.CURRENCY if unit == Budget.Unit.COST else Budget.Unit(unit).label
            self.fields["limit"].label = _("Limit (%(unit)s)") % {"unit": words}

    def clean_limit(self) -> Decimal:
        limit: Decimal = self.cleaned_data["limit"]
        if limit <= 0:
            raise forms.ValidationError(self.fields["limit"].error_messages["required"])
        return limit


class BudgetForm(LimitForm):
    """A new budget. ``whom``: "everyone", "person", or the id of a group; ``person``: a name that signs in."""

    whom = forms.ChoiceField(
        label=_("For whom"), error_messages={"required": FOR_WHOM, "invalid_choice": FOR_WHOM}, initial="everyone"
    )
    person = forms.CharField(
        label=_("Name of the person"),
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    each = forms.BooleanField(label=_("Each of them has it alone"), required=False)
    unit = forms.ChoiceField(label=_("Counted in"), choices=Budget.Unit.choices, initial=Budget.Unit.COST)
    period = forms.ChoiceField(
        label=_("Period"),
        choices=Budget.Period.choices,
        initial=Budget.Period.MONTH,
        help_text=_("Weeks begin on Mondays, days at midnight in the time zone of this site."),
    )

    field_order = ("whom", "person", "limit", "unit", "period", "hard", "each")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        units = [(unit, f"{name} ({conf.CURRENCY})" if unit == "cost" else name) for unit, name in Budget.Unit.choices]
        cast(forms.ChoiceField, self.fields["unit"]).choices = units
        groups = Group.objects.order_by("name")[:MAX_GROUPS] if hasattr(get_user_model(), "groups") else ()
        cast(forms.ChoiceField, self.fields["whom"]).choices = [
            ("everyone", _("Everyone")),
            ("person", _("One person, by name")),
            *((str(group.pk), group.name) for group in groups),
        ]

    def clean_person(self) -> Any:
        """Return the person of this name, or None where no name is given."""
        name, people = clean_line(self.cleaned_data["person"], 150), get_user_model()
        person = people._default_manager.filter(**{people.USERNAME_FIELD: name}).first() if name else None
        if name and person is None:
            raise forms.ValidationError(_("There is no person “%(name)s”."), params={"name": name})
        return person

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if {"whom", "person"} <= cleaned.keys() and (cleaned["whom"] == "person") != (cleaned["person"] is not None):
            self.add_error("whom", FOR_WHOM)
        if cleaned.get("whom") == "person" and cleaned.get("each"):
            self.add_error("each", _("A budget of one person is theirs alone already."))
        if not self.errors and Budget.objects.count() >= MAX_BUDGETS:
            raise forms.ValidationError(
                _("There are %(most)s budgets, and no more are possible. Delete one first."),
                params={"most": MAX_BUDGETS},
            )
        return cleaned

    def save(self) -> Budget:
        """Insert the budget of a form that is valid."""
        values = {**self.cleaned_data}
        whom = values.pop("whom")
        return Budget.objects.create(group_id=whom if whom.isdigit() else None, **values)
