"""Sealed values: what stands in the database, where they open, and which keys open them."""

import base64
import copy
import pickle
import uuid
from datetime import date

import pytest
from django.core import serializers
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection, models, transaction
from django.db.models import Case, F, Value, When
from django.forms import modelform_factory

from portal.vault.fields import EncryptedDateField, EncryptedJSONField, EncryptedTextField
from portal.vault.files import delete_sealed, read_sealed, write_sealed
from portal.vault.sealing import SealBroken, keyed_hash, keyring, open_bytes, open_sealed, seal, seal_bytes

AES = base64.b64encode(b"a" * 32).decode()
SM4 = base64.b64encode(b"s" * 16).decode()
OTHER = base64.b64encode(b"o" * 32).decode()


class Sample(models.Model):
    """A row with every kind of sealed column."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    label = models.CharField(max_length=20, default="plain")
    name = EncryptedTextField(max_length=10)
    alias = EncryptedTextField(blank=True, default="")
    remark = EncryptedTextField(null=True, blank=True)
    answers = EncryptedJSONField(default=dict, blank=True)
    born_on = EncryptedDateField(null=True, blank=True)

    class Meta:
        app_label = "vault"

    def __str__(self) -> str:
        return str(self.pk)


@pytest.fixture(scope="module", autouse=True)
def _table(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Sample)
        yield
        with connection.schema_editor() as editor:
            editor.delete_model(Sample)


@pytest.fixture
def sample(db):
    return Sample.objects.create(
        name="林晚舟", alias="晚舟", answers={"school": ["厦门大学"]}, born_on=date(1999, 2, 28)
    )


def raw(column: str, sample: Sample) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM vault_sample WHERE label = %s", [sample.label])
        return cursor.fetchone()[0]


# ── what stands where ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_value_comes_back_as_it_was_given(sample):
    found = Sample.objects.get(pk=sample.pk)
    assert (found.name, found.alias, found.remark) == ("林晚舟", "晚舟", None)
    assert found.answers == {"school": ["厦门大学"]}
    assert found.born_on == date(1999, 2, 28)


@pytest.mark.parametrize("column", ["name", "alias", "answers", "born_on"])
def test_the_database_holds_a_token_and_no_plain_text(sample, column):
    stored = raw(column, sample)
    assert stored.startswith("v1:demo:")
    sealed = base64.b64decode(stored.removeprefix("v1:demo:"))
    for plain in ("林晚舟", "晚舟", "厦门大学", "1999-02-28"):
        assert plain not in stored
        assert plain.encode() not in sealed


def test_nothing_and_the_empty_text_are_stored_as_they_are(db):
    sample = Sample.objects.create(name="")
    assert (raw("name", sample), raw("remark", sample), raw("born_on", sample)) == ("", None, None)


def test_an_empty_mapping_is_sealed(db):
    sample = Sample.objects.create(name="x")
    assert raw("answers", sample).startswith("v1:")


def test_values_gives_the_token(sample):
    assert list(Sample.objects.values_list("name", flat=True)) == [raw("name", sample)]


def test_the_same_text_twice_gives_two_tokens():
    assert seal(b"x", "here") != seal(b"x", "here")


def test_a_dump_holds_tokens(sample):
    assert "林晚舟" not in serializers.serialize("json", [sample], ensure_ascii=False)


# ── a token opens in its own place only ────────────────────────────────────────────────────────────────────────────


def test_a_token_in_another_row_does_not_open(sample):
    other = Sample.objects.create(label="other", name="卢青禾")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vault_sample SET name = %s WHERE label = 'other'", [raw("name", sample)])
    with pytest.raises(SealBroken):
        _ = Sample.objects.get(pk=other.pk).name


def test_a_token_in_another_field_does_not_open(sample):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE vault_sample SET alias = name")
    with pytest.raises(SealBroken):
        _ = Sample.objects.get(pk=sample.pk).alias


def test_an_altered_token_does_not_open():
    token = seal(b"x", "here")
    flipped = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    with pytest.raises(SealBroken):
        open_sealed(flipped, "here")


@pytest.mark.parametrize("token", ["", "v1", "v1:demo", "v1:demo:", "v1:demo:!!", "v2:demo:AAAA", "v1:gone:AAAA", "林"])
def test_what_is_no_token_does_not_open(token):
    with pytest.raises(SealBroken):
        open_sealed(token, "here")


def test_a_row_copied_under_a_new_key_is_not_written_with_tokens_that_never_open(sample):
    found = Sample.objects.get(pk=sample.pk)
    found.pk = uuid.uuid4()
    with pytest.raises(SealBroken), transaction.atomic():
        found.save()
    assert Sample.objects.count() == 1


# ── writing goes through the instance ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "write",
    [
        lambda: Sample.objects.update(name="plain"),
        lambda: Sample.objects.update(name=Value("plain")),
        lambda: Sample.objects.update(name=F("label")),
        lambda: Sample.objects.update(name=Case(When(label="plain", then=Value("plain")), default=F("label"))),
        lambda: Sample.objects.update(answers={"plain": 1}),
        lambda: Sample.objects.update(born_on=date(2000, 1, 1)),
        lambda: list(Sample.objects.filter(name="plain")),
        lambda: list(Sample.objects.filter(name__in=["plain"])),
        lambda: list(Sample.objects.filter(name__icontains="plain")),
        lambda: list(Sample.objects.filter(born_on__gte=date(2000, 1, 1))),
    ],
)
def test_writing_or_filtering_by_value_around_the_instance_is_refused(sample, write):
    with pytest.raises(TypeError, match="is encrypted"), transaction.atomic():
        write()
    assert Sample.objects.get().name == "林晚舟"


def test_bulk_update_of_a_sealed_field_is_refused(sample):
    sample.name = "卢青禾"
    with pytest.raises(TypeError, match="is encrypted"):
        Sample.objects.bulk_update([sample], ["name"])


def test_an_expression_cannot_be_saved_into_a_sealed_field(sample):
    sample.name = F("label")
    with pytest.raises(TypeError, match="is encrypted"):
        sample.save()


def test_rows_are_found_by_whether_a_value_was_given(sample):
    assert Sample.objects.filter(remark__isnull=True, born_on__isnull=False).count() == 1
    assert Sample.objects.exclude(alias="").count() == 1


def test_bulk_create_seals(db):
    first, second = Sample.objects.bulk_create([Sample(label="1", name="甲"), Sample(label="2", name="乙")])
    assert raw("name", first).startswith("v1:")
    assert [Sample.objects.get(pk=row.pk).name for row in (first, second)] == ["甲", "乙"]


def test_a_change_inside_a_mapping_is_saved(sample):
    found = Sample.objects.get(pk=sample.pk)
    found.answers["school"].append("集美大学")
    found.save()
    assert Sample.objects.get(pk=sample.pk).answers == {"school": ["厦门大学", "集美大学"]}


def test_saving_leaves_an_unread_value_untouched(sample):
    before = raw("name", sample)
    found = Sample.objects.get(pk=sample.pk)
    found.label = "renamed"
    found.save()
    assert raw("name", found) == before


def test_save_of_one_field_writes_that_one(sample):
    before = raw("alias", sample)
    sample.name, sample.alias = "卢青禾", "青禾"
    sample.save(update_fields=["name"])
    assert Sample.objects.get().name == "卢青禾"
    assert raw("alias", sample) == before


def test_a_text_that_looks_like_a_token_is_sealed_like_any_other(db):
    sample = Sample.objects.create(name="v1:demo:x")
    assert Sample.objects.get(pk=sample.pk).name == "v1:demo:x"


# ── instances ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", [Sample.objects.defer("name"), Sample.objects.only("label")])
def test_a_deferred_value_is_loaded_when_read(sample, query, django_assert_num_queries):
    with django_assert_num_queries(2):
        found = query.get(pk=sample.pk)
        assert (found.name, found.name) == ("林晚舟", "林晚舟")


def test_refreshing_gives_the_stored_value(sample):
    sample.name = "not saved"
    sample.refresh_from_db()
    assert sample.name == "林晚舟"
    sample.name = "not saved"
    sample.refresh_from_db(fields=["name"])
    assert sample.name == "林晚舟"


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda row: pickle.loads(pickle.dumps(row))])
def test_copies_open_too(sample, clone):
    assert clone(Sample.objects.get(pk=sample.pk)).name == "林晚舟"


def test_a_form_shows_and_takes_plain_values(sample):
    form_class = modelform_factory(Sample, fields=["name", "answers", "born_on"])
    form = form_class(instance=Sample.objects.get())
    assert (form.initial["name"], form.initial["born_on"]) == ("林晚舟", date(1999, 2, 28))
    assert 'maxlength="10"' in str(form["name"])
    form = form_class({"name": "卢青禾", "answers": '{"a": 1}', "born_on": "2000-01-31"}, instance=sample)
    form.save()
    found = Sample.objects.get()
    assert (found.name, found.answers, found.born_on) == ("卢青禾", {"a": 1}, date(2000, 1, 31))


def test_the_length_of_the_plain_text_is_checked(sample):
    sample.name = "一二三四五六七八九十十一"
    with pytest.raises(ValidationError):
        sample.full_clean()


def test_a_sealed_column_cannot_be_unique_nor_stand_on_a_counted_key():
    class Wrong(models.Model):
        name = EncryptedTextField(unique=True)

        class Meta:
            app_label = "vault_wrong"

        def __str__(self) -> str:
            return ""

    assert [problem.id for problem in Wrong._meta.get_field("name").check()] == ["vault.E001", "vault.E002"]


# ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_key_seals_and_all_keys_open(settings):
    settings.FIELD_ENCRYPTION_KEYS = f"old:aes:{AES}"
    token = seal("林晚舟".encode(), "here")
    settings.FIELD_ENCRYPTION_KEYS = f"new:sm4:{SM4},old:aes:{AES}"
    assert open_sealed(token, "here") == "林晚舟".encode()
    assert seal(b"x", "here").startswith("v1:new:")


@pytest.mark.parametrize("keys", [f"k:aes:{AES}", f"k:sm4:{SM4}"])
def test_both_ciphers_seal_text_and_files(settings, keys):
    settings.FIELD_ENCRYPTION_KEYS = keys
    assert open_sealed(seal(b"data", "here"), "here") == b"data"
    assert open_bytes(seal_bytes(b"\x00:\xff", "file"), "file") == b"\x00:\xff"
    with pytest.raises(SealBroken):
        open_sealed(seal(b"data", "here"), "there")
    with pytest.raises(SealBroken):
        open_bytes(seal_bytes(b"data", "file"), "other file")


def test_a_value_sealed_with_a_key_of_the_same_name_but_other_bytes_does_not_open(settings):
    settings.FIELD_ENCRYPTION_KEYS = f"k:aes:{AES}"
    token = seal(b"data", "here")
    settings.FIELD_ENCRYPTION_KEYS = f"k:aes:{OTHER}"
    with pytest.raises(SealBroken):
        open_sealed(token, "here")


def test_saving_after_a_new_key_came_first_seals_with_it(sample, settings):
    settings.FIELD_ENCRYPTION_KEYS = f"new:sm4:{SM4},{settings.FIELD_ENCRYPTION_KEYS}"
    found = Sample.objects.get(pk=sample.pk)
    found.save()
    assert raw("name", sample).startswith("v1:new:")
    assert Sample.objects.get(pk=sample.pk).name == "林晚舟"


@pytest.mark.parametrize(
    "keys",
    ["", "k", "k:aes", f"k:des:{AES}", f"k:aes:{SM4}", f"k:sm4:{AES}", f"a b:aes:{AES}", f"k:aes:{AES},k:aes:{OTHER}"],
)
def test_keys_that_cannot_seal_are_refused_without_being_shown(settings, keys):
    settings.FIELD_ENCRYPTION_KEYS = keys
    with pytest.raises(ImproperlyConfigured) as refused:
        keyring()
    assert AES not in str(refused.value)


def test_a_keyed_hash_depends_on_value_purpose_and_key(settings):
    known = keyed_hash("person-number", "350581199902280011")
    assert len(known) == 64
    assert known == keyed_hash("person-number", "350581199902280011")
    assert known != keyed_hash("person-number", "350581199902280012")
    assert known != keyed_hash("account-number", "350581199902280011")
    settings.FIELD_HASH_KEY = OTHER
    assert known != keyed_hash("person-number", "350581199902280011")


# ── files ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_a_file_is_sealed_on_disk_and_comes_back(folder):
    write_sealed("papers/one", "林晚舟".encode() * 1000)
    assert "林晚舟".encode() not in (folder / "papers/one").read_bytes()
    assert read_sealed("papers/one") == "林晚舟".encode() * 1000


def test_a_renamed_file_does_not_open(folder):
    write_sealed("one", b"data")
    (folder / "one").rename(folder / "two")
    with pytest.raises(SealBroken):
        read_sealed("two")


def test_a_file_cut_short_does_not_open(folder):
    write_sealed("one", b"data" * 100)
    (folder / "one").write_bytes((folder / "one").read_bytes()[:-1])
    with pytest.raises(SealBroken):
        read_sealed("one")


def test_a_file_is_never_written_over(folder):
    write_sealed("one", b"first")
    with pytest.raises(FileExistsError):
        write_sealed("one", b"second")
    assert read_sealed("one") == b"first"
    assert [file.name for file in folder.iterdir()] == ["one"]


def test_deleting_a_file_twice_is_once(folder):
    write_sealed("one", b"data")
    delete_sealed("one")
    delete_sealed("one")
    assert list(folder.iterdir()) == []
