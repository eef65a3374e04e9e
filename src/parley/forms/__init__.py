"""The forms of all pages but the search."""

from .asking import CatchUpForm, DraftForm, QuestionForm, RegenerateForm
from .generation_settings import GenerationSettingsForm, NamedForm
from .organising import MoveForm, RenameForm, SelectionForm
from .sharing import ImportForm, ShareForm, too_large

__all__ = [
    "CatchUpForm",
    "DraftForm",
    "GenerationSettingsForm",
    "ImportForm",
    "MoveForm",
    "NamedForm",
    "QuestionForm",
    "RegenerateForm",
    "RenameForm",
    "SelectionForm",
    "ShareForm",
    "too_large",
]
