"""Cleaning the fields of one line."""

from django import forms

from parley.text import clean_line


def one_line(form: forms.Form, name: str) -> str:
    """Drop the characters of a field that are not seen, or turn the text; raise ValidationError if none is left."""
    field = form.fields[name]
    line = clean_line(form.cleaned_data[name], getattr(field, "max_length", None) or 200)
    if not line and field.required:
        raise forms.ValidationError(field.error_messages["required"], code="required")
    return line
