"""The life of a certificate: states, transitions, renewal times, causes and reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certmgr.codes import Code
from certmgr.errors import RefusedError, UsageError
from certmgr.lifecycle import (
    CAUSE_TRANSITIONS,
    REASONS,
    TRANSITIONS,
    Action,
    Condition,
    Operator,
    check_renewal,
    check_transition,
    days_conditions,
    days_left,
    flags_of,
    ranges,
    renew_at,
    require_transition,
    state_of,
    validity,
    window_opens,
)
from certmgr.models.certificates import Certificate, Flag, Stage, State
from certmgr.models.revocations import Cause, Reason
from tests.facts.orders import BERLIN, NOW, certificate

UTC_ZONE = ZoneInfo("UTC")
SHANGHAI = ZoneInfo("Asia/Shanghai")
SECOND = timedelta(seconds=1)
EXPIRY = certificate().not_after
MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2028, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - bounds
    lambda moment: moment.replace(minute=0, second=0, microsecond=0)
)
MAYBE = st.none() | MOMENTS


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("key-compromise", 1),
        ("key-lost", 4),
        ("key-replaced", 4),
        ("information-changed", 3),
        ("no-longer-needed", 5),
        ("fees-unpaid", 9),
        ("duty-breached", 9),
        ("false-application", 9),
        ("misused", 9),
        ("internet-use", 9),
        ("suspended", 6),
        ("issued-in-error", 4),
        ("ca-compromise", 2),
    ],
)
def test_r6_2_each_cause_has_its_rfc_5280_reason(cause: str, reason: int) -> None:
    """The table of revocation causes (R6.1, R6.2)."""
    assert REASONS[Cause(cause)] == Reason(reason)


def test_r6_2_no_cause_is_without_a_reason() -> None:
    """The table is whole."""
    assert set(REASONS) == set(Cause)


@pytest.mark.parametrize(
    ("changes", "at", "state"),
    [
        ({"stage": Stage.INTENT}, NOW, State.PENDING),
        ({}, NOW, State.VALID),
        ({"revoked_at": NOW}, NOW, State.REVOKED),
        ({"revoked_at": NOW, "held_at": NOW}, NOW, State.REVOKED),
        ({"stage": Stage.ABANDONED, "revoked_at": NOW}, NOW, State.REVOKED),
        ({"held_at": NOW}, NOW, State.HELD),
        ({"held_at": NOW}, EXPIRY + SECOND, State.HELD),
        ({"revoked_at": NOW}, EXPIRY + SECOND, State.REVOKED),
        ({}, EXPIRY, State.DUE),
        ({}, EXPIRY + timedelta(microseconds=999_999), State.DUE),
        ({}, EXPIRY + SECOND, State.EXPIRED),
        ({"superseded_at": NOW}, EXPIRY + SECOND, State.EXPIRED),
        ({"superseded_at": NOW}, NOW, State.SUPERSEDED),
        ({"superseded_at": NOW + SECOND}, NOW, State.VALID),
        ({}, certificate().renew_at - SECOND, State.VALID),
        ({}, certificate().renew_at, State.DUE),
    ],
)
def test_the_state_is_the_first_that_matches(changes: dict[str, object], at: datetime, state: State) -> None:
    """DETAILS 44; the last second of a certificate is still in its life (RFC 5280 4.1.2.5)."""
    assert state_of(certificate(**changes), at) is state


def test_a_certificate_with_a_successor_is_not_due_again() -> None:
    """During the overlap a second renewal would renew what is renewed."""
    replaced = certificate(superseded_at=EXPIRY - timedelta(days=1))
    assert state_of(replaced, EXPIRY - timedelta(days=5)) is State.VALID


def test_an_open_request_is_a_flag_beside_the_state() -> None:
    """`revoking` does not hide what the certificate is (DETAILS 44)."""
    asked = certificate(revoking=True)
    assert flags_of(asked, NOW) == (Flag.REVOKING,)
    assert state_of(asked, NOW) is State.VALID
    assert flags_of(certificate(), NOW) == ()


def test_r3_3_a_certificate_is_unaccepted_until_the_time_for_an_objection_has_passed() -> None:
    """The flag goes by the clock alone; a revoked certificate waits for no word (DETAILS 44)."""
    fresh = certificate(accept_by=NOW + timedelta(hours=1))
    assert flags_of(fresh, NOW) == (Flag.UNACCEPTED,)
    assert flags_of(fresh, NOW + timedelta(hours=1)) == ()
    assert flags_of(replace(fresh, revoking=True), NOW) == (Flag.REVOKING, Flag.UNACCEPTED)
    assert flags_of(replace(fresh, revoked_at=NOW, cause="issued-in-error"), NOW) == ()


def holds(condition: Condition, row: Certificate) -> bool:
    """Return whether `condition` holds for the columns of `row`, as SQL would have it."""
    value = getattr(row, condition.column)
    if condition.op is Operator.IS_NULL:
        return value is None
    if condition.op is Operator.NOT_NULL:
        return value is not None
    if value is None:
        return False
    results = {
        Operator.LESS: value < condition.value,
        Operator.LESS_EQUAL: value <= condition.value,
        Operator.GREATER: value > condition.value,
        Operator.GREATER_EQUAL: value >= condition.value,
        Operator.EQUAL: value == condition.value,
        Operator.NOT_EQUAL: value != condition.value,
    }
    return bool(results[condition.op])


@given(
    stage=st.sampled_from(Stage),
    not_after=MOMENTS,
    renews=MOMENTS,
    superseded=MAYBE,
    revoked=MAYBE,
    held=MAYBE,
    now=MOMENTS,
    micros=st.integers(0, 999_999),
)
def test_the_ranges_select_exactly_the_state_that_state_of_derives(  # noqa: PLR0913 - a column each
    *,
    stage: Stage,
    not_after: datetime,
    renews: datetime,
    superseded: datetime | None,
    revoked: datetime | None,
    held: datetime | None,
    now: datetime,
    micros: int,
) -> None:
    """Of all alternatives of all states exactly one matches any row, and it is the row's state (DETAILS 43)."""
    row = certificate(
        stage=stage,
        not_after=not_after,
        renew_at=renews,
        superseded_at=superseded,
        revoked_at=revoked,
        held_at=held,
    )
    at = now.replace(microsecond=micros)
    matching = [
        state
        for state in State
        for alternative in ranges(state, at)
        if all(holds(condition, row) for condition in alternative)
    ]
    assert matching == [state_of(row, at)]


@given(
    not_after=MOMENTS,
    now=MOMENTS,
    days=st.integers(-400, 400),
    zone=st.sampled_from([UTC_ZONE, BERLIN, SHANGHAI, ZoneInfo("America/Sao_Paulo")]),
    op=st.sampled_from([Operator.LESS, Operator.LESS_EQUAL, Operator.GREATER, Operator.GREATER_EQUAL, Operator.EQUAL]),
)
def test_a_comparison_of_days_left_is_one_of_expiry(
    not_after: datetime, now: datetime, days: int, zone: ZoneInfo, op: Operator
) -> None:
    """`days<30` in a filter and the days that are shown agree, in every zone."""
    left = days_left(not_after, now, zone)
    expected = {"<": left < days, "<=": left <= days, ">": left > days, ">=": left >= days, "=": left == days}[op.value]
    row = certificate(not_after=not_after)
    assert all(holds(condition, row) for condition in days_conditions(op, days, now, zone)) == expected


def test_a_certificate_begins_five_minutes_back_and_lasts_its_days_to_the_second() -> None:
    """DETAILS 20: not_after is inclusive."""
    not_before, not_after = validity(NOW.replace(microsecond=700_000), 90)
    assert not_before == NOW - timedelta(minutes=5)
    assert not_after - not_before + SECOND == timedelta(days=90)


def test_r5_1_the_window_opens_at_midnight_thirty_natural_days_before_the_day_of_expiry() -> None:
    """In the organisation's zone, whatever the hour of expiry."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    late_in_utc = datetime(2027, 1, 31, 23, 30, tzinfo=UTC)
    assert window_opens(begin, late_in_utc, UTC_ZONE) == datetime(2027, 1, 1, tzinfo=UTC)
    assert window_opens(begin, late_in_utc, SHANGHAI) == datetime(2027, 1, 1, 16, 0, tzinfo=UTC)


def test_r5_1_a_change_of_the_clocks_does_not_shift_the_window() -> None:
    """30 calendar days over the end of summer time are 721 hours."""
    opens = window_opens(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 10, 12, 0, tzinfo=UTC), BERLIN)
    assert opens.astimezone(BERLIN) == datetime(2026, 10, 11, 0, 0, tzinfo=BERLIN)
    assert opens == datetime(2026, 10, 10, 22, 0, tzinfo=UTC)


def test_r5_1_a_day_without_midnight_begins_when_the_clocks_say_so() -> None:
    """In Sao Paulo 2018-11-04 began at 01:00."""
    zone = ZoneInfo("America/Sao_Paulo")
    opens = window_opens(datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 12, 4, 15, 0, tzinfo=UTC), zone)
    assert opens == datetime(2018, 11, 4, 3, 0, tzinfo=UTC)
    assert opens.astimezone(zone).date() == date(2018, 11, 4)


def test_the_window_of_a_short_certificate_opens_at_its_birth() -> None:
    """DETAILS 45: never before not_before."""
    not_before, not_after = validity(NOW, 7)
    assert window_opens(not_before, not_after, BERLIN) == not_before


def test_a_renewal_happens_with_a_third_of_the_life_left_or_when_the_window_opens() -> None:
    """DETAILS 45: the later of the two."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    short_end, long_end = begin + timedelta(days=9), begin + timedelta(days=360)
    assert renew_at(begin, short_end, UTC_ZONE) == begin + timedelta(days=6)
    assert renew_at(begin, long_end, UTC_ZONE) == window_opens(begin, long_end, UTC_ZONE)


@given(now=MOMENTS, days=st.integers(1, 825), zone=st.sampled_from([UTC_ZONE, BERLIN, SHANGHAI]))
def test_the_renewal_times_lie_in_order_within_the_life(now: datetime, days: int, zone: ZoneInfo) -> None:
    """Birth, window, renewal, expiry; at least a third of the life or the whole window is left at renewal."""
    not_before, not_after = validity(now, days)
    opens, renews = window_opens(not_before, not_after, zone), renew_at(not_before, not_after, zone)
    assert not_before <= opens <= renews < not_after
    assert opens.microsecond == renews.microsecond == 0
    assert renews == opens or not_after - renews >= (not_after - not_before) / 3


def test_days_left_are_natural_days_in_the_organisations_zone() -> None:
    """From the day of now to the day of expiry; 0 on the day itself, negative after it."""
    end = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    assert days_left(end, NOW, UTC_ZONE) == 0
    assert days_left(end, NOW, SHANGHAI) == 1
    assert days_left(end, NOW + timedelta(days=2), UTC_ZONE) == -2


def at_state(state: State) -> tuple[Certificate, datetime]:
    """Return a certificate and a time at which it is in `state`."""
    found = {
        State.PENDING: (certificate(stage=Stage.INTENT), NOW),
        State.REVOKED: (certificate(revoked_at=NOW, cause="key-lost"), NOW),
        State.HELD: (certificate(held_at=NOW), NOW),
        State.EXPIRED: (certificate(), EXPIRY + SECOND),
        State.SUPERSEDED: (certificate(superseded_at=NOW), NOW),
        State.DUE: (certificate(), EXPIRY),
        State.VALID: (certificate(), NOW),
    }[state]
    assert state_of(*found) is state
    return found


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
def test_an_action_is_allowed_from_the_states_of_its_row_and_from_no_other(action: Action, state: State) -> None:
    """The table of transitions is what is enforced."""
    subject, now = at_state(state)
    cause = Cause.NO_LONGER_NEEDED if action is Action.REVOKE else None
    found = check_transition(subject, action, now=now, cause=cause)
    assert (found == ()) == (state in TRANSITIONS[action])
    assert all(finding.code is Code.STATE_REFUSED for finding in found)


def test_r1_6_a_compromised_key_is_revoked_whatever_became_of_its_certificate() -> None:
    """A revoked or expired certificate can still become key-compromise, once (DETAILS 28)."""
    assert CAUSE_TRANSITIONS[Cause.KEY_COMPROMISE] == {State.REVOKED, State.EXPIRED}
    for state in (State.REVOKED, State.EXPIRED):
        subject, now = at_state(state)
        assert check_transition(subject, Action.REVOKE, now=now, cause=Cause.KEY_COMPROMISE) == ()
    twice = certificate(revoked_at=NOW, cause="key-compromise")
    assert check_transition(twice, Action.REVOKE, now=NOW, cause=Cause.KEY_COMPROMISE)


def test_a_second_revocation_for_another_cause_is_refused() -> None:
    """Exit 4 (DETAILS 28)."""
    subject, now = at_state(State.REVOKED)
    with pytest.raises(RefusedError, match="revoked already"):
        require_transition(subject, Action.REVOKE, now=now, cause=Cause.FEES_UNPAID)


def test_an_intent_goes_onto_the_crl_as_issued_in_error_only() -> None:
    """DETAILS 15."""
    subject, now = at_state(State.PENDING)
    assert check_transition(subject, Action.REVOKE, now=now, cause=Cause.ISSUED_IN_ERROR) == ()
    assert check_transition(subject, Action.REVOKE, now=now, cause=Cause.KEY_LOST)


@pytest.mark.parametrize(
    ("action", "cause"),
    [
        (Action.REVOKE, None),
        (Action.REVOKE, Cause.SUSPENDED),
        (Action.REVOKE, Cause.CA_COMPROMISE),
        (Action.HOLD, Cause.KEY_COMPROMISE),
        (Action.HOLD, Cause.CA_COMPROMISE),
    ],
)
def test_a_cause_that_does_not_fit_the_action_is_a_usage_error(action: Action, cause: Cause | None) -> None:
    """ca-compromise of a leaf: exit 2 (DETAILS 29); a hold is no revocation."""
    with pytest.raises(UsageError):
        require_transition(certificate(), action, now=NOW, cause=cause)


def test_a_hold_needs_no_other_cause_and_is_released_or_revoked() -> None:
    """A suspension ends in release or revocation (DOMAIN)."""
    require_transition(certificate(), Action.HOLD, now=NOW, cause=Cause.SUSPENDED)
    held = certificate(held_at=NOW)
    require_transition(held, Action.RELEASE, now=NOW)
    require_transition(held, Action.REVOKE, now=NOW, cause=Cause.MISUSED)


def test_a_wrong_cause_and_a_wrong_state_are_told_together() -> None:
    """All reasons at once."""
    subject, now = at_state(State.EXPIRED)
    found = check_transition(subject, Action.REVOKE, now=now, cause=Cause.CA_COMPROMISE)
    assert [finding.code for finding in found] == [Code.CAUSE_REFUSED, Code.STATE_REFUSED]


def test_r5_1_a_renewal_before_the_window_is_refused_and_the_opening_named() -> None:
    """In local time."""
    subject = certificate()
    (finding,) = check_renewal(subject, now=NOW, zone=BERLIN)
    assert finding.code is Code.RENEWAL_EARLY
    assert "opens on 2027-10-22 00:00 CEST" in finding.message
    assert check_renewal(subject, now=subject.window_opens, zone=BERLIN) == ()
    assert check_renewal(subject, now=subject.window_opens - SECOND, zone=BERLIN)


def test_r5_1_after_expiry_there_is_nothing_to_renew() -> None:
    """It is a new application."""
    subject, now = at_state(State.EXPIRED)
    (finding,) = check_renewal(subject, now=now, zone=BERLIN)
    assert finding.code is Code.STATE_REFUSED
    assert "new application" in finding.message


def test_a_certificate_with_a_successor_is_not_renewed_again() -> None:
    """Its successor is what is renewed."""
    subject = certificate(superseded_at=EXPIRY)
    (finding,) = check_renewal(subject, now=EXPIRY - timedelta(days=3), zone=BERLIN)
    assert "successor" in finding.message
