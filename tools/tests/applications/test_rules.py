"""Each test of the applications has a way to be seen red, and the edits still fit the files that they break."""

from __future__ import annotations

import pytest

from bench import rules


@pytest.mark.parametrize("application", rules.APPLICATIONS)
def test_each_test_of_an_application_has_a_mutation(application: str) -> None:
    written = {mutation.test for mutation in rules.mutations(application)}
    guarded = rules.guarded(application)
    assert len(guarded) >= 8
    assert guarded == written


@pytest.mark.parametrize("application", rules.APPLICATIONS)
def test_each_edit_fits_its_file_once(application: str) -> None:
    for mutation in rules.mutations(application):
        assert bool(mutation.file) != bool(mutation.sql), mutation
        if mutation.file:
            assert (rules.ROOT / mutation.file).read_text().count(mutation.old) == 1, str(mutation)
            assert mutation.old != mutation.new, str(mutation)
