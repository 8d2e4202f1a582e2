"""The pages of policies in English: no Chinese outside what is marked as Chinese."""

from typing import Any

import pytest

from portal.policy import drafting
from portal.policy.models import PolicyDraft
from tests.factories import AT, move_clock
from tests.floor.test_english import read
from tests.policy.qualifying import PATHS
from tests.policy_admin.drafts import administrator, edit, make_policy_draft, nodes_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def english_texts(data: Any) -> set[str]:
    if isinstance(data, list):
        return {text for it in data for text in english_texts(it)}
    if not isinstance(data, dict):
        return set()
    own = {data["en"].strip()} if isinstance(data.get("en"), str) else set()
    return own.union(*(english_texts(it) for it in data.values()))


@pytest.mark.parametrize("code", PATHS)
def test_the_pages_of_every_policy_and_its_draft_are_english(code: str) -> None:
    move_clock(AT)
    by = administrator()
    draft = make_policy_draft(by, code)
    found = read(by, "desk_policies") + read(by, "desk_policy", code, "1") + read(by, "policy_draft", draft.pk)
    for node in nodes_of(draft.data):
        found += read(by, "policy_draft_part", draft.pk, node.address)
        found += read(by, "policy_draft_part", draft.pk, node.address, nothing="1") if node.fields else []
    own = english_texts(draft.data)  # shown in a box to be changed, where nothing inside can be marked
    answered = "policy_draft_part answered 409"  # nothing was missing, but the revision was
    assert [it for it in found if it != answered and it.partition(": ")[2] not in own] == []


def test_the_pages_of_a_draft_in_every_state_are_english() -> None:
    move_clock(AT)
    by, second = administrator(), administrator()
    draft = make_policy_draft(by)
    edit(draft, ("amounts", 0), by, yuan="12000")
    found = read(by, "policy_draft_changes", draft.pk) + read(by, "policy_draft_import", draft.pk)
    found += read(by, "policy_draft_import", draft.pk, text="code: [") + read(by, "desk_policy_import")
    draft.refresh_from_db()
    drafting.ask_to_publish(draft=draft, by=by, at=AT, expected_revision=draft.revision)
    draft.refresh_from_db()
    found += read(by, "policy_draft", draft.pk) + read(second, "policy_draft", draft.pk)
    found += read(second, "policy_draft_send_back", draft.pk, reason="")
    drafting.publish_draft(draft=draft, by=second, at=AT, expected_revision=draft.revision)
    found += read(by, "policy_draft", draft.pk) + read(by, "desk_policy", "LS-2022", "2")
    broken = make_policy_draft(by)
    PolicyDraft.objects.filter(pk=broken.pk).update(data={**broken.data, "notice": None, "version": "1", "papers": []})
    found += read(by, "policy_draft", broken.pk)
    assert found == []
