"""The forms of all pages but the search."""

from .asking import DraftForm, QuestionForm, RegenerateForm
from .catching_up import CatchUpForm
from .generation_settings import GenerationSettingsForm, NamedForm
from .importing import ImportForm, too_large
from .organising import MoveForm, RenameForm, SelectionForm
from .sharing import ShareForm

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
