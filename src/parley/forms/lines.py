"""A line that somebody typed."""

from django import forms

from parley.text import clean_line


def one_line(form: forms.Form, name: str) -> str:
    """A field without what is not seen, or turns the text around. Raises ValidationError when nothing is left of it."""
    field = form.fields[name]
    line = clean_line(form.cleaned_data[name], getattr(field, "max_length", None) or 200)
    if not line and field.required:
        raise forms.ValidationError(field.error_messages["required"], code="required")
    return line
