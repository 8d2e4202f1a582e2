"""The longest name there may be, with its mask, fits wherever it is kept."""

import pytest

from applicants.people.masking import mask_name
from applicants.people.names import LONGEST, clean_name
from portal.casework.models import Application, NoticeLine
from portal.casework.services.noticing import collect_notice
from tests import factories as make


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("阿" * 38 + "·" + "买", "阿" * 38 + "·**"),
        ("阿" + "·" + "买" * 38, "阿·**"),
        ("阿" * 40, "阿**"),
    ],
)
def test_a_name_of_forty_characters_is_submitted_and_noticed(name, masked):
    assert (len(name), LONGEST, clean_name(name)) == (40, 40, name)
    row = make.make_application_in("public_notice", person=make.make_person(identity={"legal_name": name}))
    notice = collect_notice(policy_version_id=row.policy_version_id, by=make.staff("administrator"), at=row.state_at)
    line = notice.lines.get()
    assert (row.name_masked, line.name_masked, mask_name(name)) == (masked, masked, masked)
    # SQLite keeps what is too long; PostgreSQL refuses it.
    for model in (Application, NoticeLine):
        assert len(masked) <= model._meta.get_field("name_masked").max_length
