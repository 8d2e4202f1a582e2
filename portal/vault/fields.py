"""Model fields whose columns hold sealed text only.

The value is sealed for ``<app>.<model>.<field>:<primary key>`` and opened when the attribute is first read, so rows
that nobody looks into cost nothing. ``values()`` gives the sealed token. Writing goes through the instance (``save``,
``bulk_create``); ``update``, ``bulk_update`` and filters by value do not know the row and are refused.
"""

import json
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core import checks, validators
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.functional import cached_property

from portal.vault.sealing import is_current, open_sealed, seal


class Sealed(str):
    """A token as it stands in the database: what the descriptor opens, and all that may be written back."""

    __slots__ = ()


class _OpensWhenRead(DeferredAttribute):
    """A data descriptor, so that reading always passes here; deferred columns are loaded by the parent."""

    def __get__(self, instance, cls=None):
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = instance.__dict__[self.field.attname] = self.field.open(value, instance)
        return value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField):
    """Common ground of the encrypted fields; use one of the three below."""

    descriptor_class = _OpensWhenRead
    empty_strings_allowed = False

    def encode(self, value) -> str:
        """Turn a value into the text that is sealed."""
        raise NotImplementedError

    def decode(self, text: str):
        """Undo ``encode``."""
        raise NotImplementedError

    def stays_open(self, value) -> bool:
        """Say whether the value tells nothing and is stored as it is."""
        return value is None

    def context(self, instance: models.Model) -> str:
        """Name the one place where the value opens: model, field and row."""
        return self._context_of(instance.pk)

    def _context_of(self, pk: UUID) -> str:
        return f"{self._place}:{pk}"

    @cached_property
    def _place(self) -> str:
        return f"{self.model._meta.label_lower}.{self.name}"

    def open(self, token: Sealed, instance: models.Model):
        """Open a token read from the instance's row. Raises SealBroken."""
        return self.open_for(token, instance.pk)

    def open_for(self, value, pk: UUID):
        """Open what ``values()`` gave of the row ``pk``. Raises SealBroken."""
        return self.decode(open_sealed(value, self._context_of(pk)).decode()) if isinstance(value, Sealed) else value

    def seal_for(self, value, pk: UUID) -> Sealed:
        """Seal a value for the row ``pk``, for a statement that writes many rows."""
        return Sealed(seal(self.encode(value).encode(), self._context_of(pk)))

    def seal(self, value, instance: models.Model):
        """Seal a value for the instance's row."""
        if hasattr(value, "resolve_expression"):
            raise TypeError(f"{self.model._meta.label}.{self.name} is encrypted: it cannot hold a database expression.")
        if self.stays_open(value):
            return value
        if instance.pk is None:
            raise TypeError(f"{self.model._meta.label}.{self.name} is encrypted: the row needs its key before saving.")
        return Sealed(seal(self.encode(self.to_python(value)).encode(), self.context(instance)))

    # Reading and writing

    def from_db_value(self, value, expression, connection):
        """Mark what comes from the database; it is opened when the attribute is read."""
        return value if self.stays_open(value) else Sealed(value)

    def pre_save(self, model_instance, add):
        """Return the token to write. An unread value keeps its token, unless row or key have changed."""
        stored = model_instance.__dict__.get(self.attname)
        if isinstance(stored, Sealed) and not add and is_current(stored):
            return stored
        return self.seal(getattr(model_instance, self.attname), model_instance)

    def get_prep_value(self, value):
        """Let nothing but tokens through to the database."""
        if isinstance(value, Sealed) or self.stays_open(value):
            return value
        raise self._refusal()

    def get_lookup(self, lookup_name):
        """Leave the lookups that ask whether anything was given; the others would search in tokens."""
        if lookup_name not in {"exact", "in", "isnull"}:
            raise self._refusal()
        return super().get_lookup(lookup_name)

    def _refusal(self) -> TypeError:
        return TypeError(
            f"{self.model._meta.label}.{self.name} is encrypted: set it on an instance and save that. "
            "It cannot be filtered by value, nor written by update() or bulk_update()."
        )

    def get_placeholder(self, value, compiler, connection):
        """Refuse update() with an expression, which would write plain text from inside the database."""
        if hasattr(value, "resolve_expression"):
            self.get_prep_value(value)
        return "%s"

    def value_to_string(self, obj):
        """Keep dumps sealed."""
        return self.pre_save(obj, add=True)

    def check(self, **kwargs):
        """Refuse what cannot work on a sealed column."""
        problems = super().check(**kwargs)
        if self.unique or self.db_index or self.primary_key:
            problems.append(
                checks.Error("An encrypted field can be neither unique nor indexed.", obj=self, id="vault.E001")
            )
        pk = self.model._meta.pk
        if not isinstance(pk.target_field if pk.remote_field else pk, models.UUIDField):
            problems.append(checks.Error("An encrypted field needs a UUID primary key.", obj=self, id="vault.E002"))
        return problems


class EncryptedTextField(SealedField):
    """Text. ``max_length`` counts plain characters and is checked by forms; None and "" are stored as such."""

    empty_strings_allowed = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(validators.MaxLengthValidator(self.max_length))

    def stays_open(self, value) -> bool:
        """None and the empty string say only that nothing was given."""
        return value is None or value == ""

    def encode(self, value: str) -> str:
        """Text is sealed as it is."""
        return value

    def decode(self, text: str) -> str:
        """Text is sealed as it is."""
        return text

    def formfield(self, **kwargs):
        """One line where a length is given, a text area else."""
        return super().formfield(**({"widget": forms.TextInput} if self.max_length else {}) | kwargs)


class EncryptedJSONField(SealedField):
    """A list or mapping of plain JSON values. Changes inside it are kept when the instance is saved."""

    def to_python(self, value):
        """Leave the value alone: a string is a JSON value too."""
        return value

    def encode(self, value) -> str:
        """Compact JSON; raises TypeError for anything JSON has no form for."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def decode(self, text: str):
        """Parse what ``encode`` wrote."""
        return json.loads(text)

    def formfield(self, **kwargs):
        """Edit as JSON."""
        return models.Field.formfield(self, **{"form_class": forms.JSONField} | kwargs)


class EncryptedDateField(SealedField):
    """A date (``datetime.date``)."""

    def to_python(self, value) -> date | None:
        """Accept dates and ISO text, as Django's own DateField does."""
        return models.DateField().to_python(value)

    def encode(self, value: date) -> str:
        """ISO 8601."""
        return value.isoformat()

    def decode(self, text: str) -> date:
        """ISO 8601."""
        return date.fromisoformat(text)

    def formfield(self, **kwargs):
        """A date input."""
        return models.Field.formfield(self, **{"form_class": forms.DateField} | kwargs)
