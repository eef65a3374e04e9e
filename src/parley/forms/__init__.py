"""The forms of all pages but the search."""

from .asking import DraftForm, QuestionForm, RegenerateForm
from .catching_up import CatchUpForm
from .importing import ImportForm, too_large
from .organising import MoveForm, RenameForm, SelectionForm
from .sharing import ShareForm
from .tuning import NamedForm, TuningForm

__all__ = [
    "CatchUpForm",
    "DraftForm",
    "ImportForm",
    "MoveForm",
    "NamedForm",
    "QuestionForm",
    "RegenerateForm",
    "RenameForm",
    "SelectionForm",
    "ShareForm",
    "TuningForm",
    "too_large",
]
