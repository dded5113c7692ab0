"""Which test carries out each command of the interface and asserts what comes of it.

`conftest` sees to it that the test named here really gives the command, in the place that the command belongs to; what
it asserts is for its reader. Where several tests do it, one is named.
"""

from collections.abc import Mapping
from types import MappingProxyType

_BY_PLACE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "test_frame": {
        "test_the_top_line_names_the_unlocked_slot": ("lock",),
    },
    "test_list": {
        "test_vim_keys_and_arrows_move_the_cursor": (
            "down",
            "up",
            "first",
            "last",
            "half-down",
            "half-up",
            "page-down",
        ),
        "test_a_filter_is_applied_while_it_is_typed": ("filter", "filter-keep"),
        "test_esc_in_the_filter_line_leaves_and_clears_it": ("filter-clear",),
        "test_superseded_and_long_expired_ones_are_hidden_and_counted": ("hidden",),
        "test_enter_opens_the_certificate_and_esc_leads_back": ("open", "back"),
        "test_the_detail_follows_the_cursor_where_there_is_room": ("pane",),
        "test_states_follow_the_clock": ("refresh",),
    },
    "test_list_orders": {
        "test_marks_belong_to_certificates": ("mark", "clear", "sort", "reverse"),
        "test_all_that_match_are_marked_at_once": ("mark-all",),
    },
    "test_search": {
        "test_a_certificate_is_searched_from_match_to_match_and_round": (
            "search-this",
            "next-match-this",
            "previous-match-this",
        ),
        "test_a_page_of_facts_and_the_help_are_searched": ("search", "next-match", "previous-match"),
    },
    "test_marks": {"test_a_stretch_goes_on_from_where_the_last_one_ended": ("mark-stretch",)},
    "test_commands": {
        "test_the_help_opens_and_closes": ("help", "leave", "page-up"),
        "test_a_command_of_the_palette_is_carried_out": ("palette",),
    },
    "test_revoke": {
        "test_a_certificate_is_revoked_from_the_list": ("revoke", "cause"),
        "test_a_certificate_is_revoked_from_its_detail": ("revoke-this",),
        "test_esc_and_n_cancel": ("cancel", "cancel-n"),
        "test_the_buttons_do_what_they_say": ("next-field",),
    },
    "test_revoke_more": {
        "test_a_certificate_is_held_until_a_date": ("hold",),
        "test_a_ca_is_revoked_by_two_names": ("ca-revoke",),
    },
    "test_renew": {
        "test_r5_1_inside_the_window_it_is_renewed_after_a_short_confirmation": ("renew",),
        "test_it_is_renewed_from_its_own_page": ("renew-this",),
    },
    "test_export": {"test_a_pkcs12_file_needs_its_password_twice": ("export",)},
    "test_acceptance": {
        "test_r3_3_a_certificate_is_accepted": ("accept",),
        "test_r3_3_an_objection_revokes_and_issues_again": ("object",),
    },
    "test_issue": {"test_a_certificate_is_issued_from_the_form": ("issue",)},
    "test_applications": {
        "test_approving_with_the_last_approval_issues": ("approve",),
        "test_rejecting_needs_a_reason_and_the_name": ("reject",),
        "test_one_s_own_is_withdrawn": ("withdraw-application",),
    },
    "test_dashboard": {
        "test_enter_leads_to_the_list_with_the_filter_that_fits": ("open-block",),
    },
    "test_copy": {
        "test_enter_sends_the_highlighted_value_and_the_dialog_stays": ("copy",),
        "test_the_page_of_a_certificate_has_the_menu_too": ("copy-this",),
    },
    "test_detail": {
        "test_tab_and_brackets_jump_between_sections": ("next-section", "previous-section"),
        "test_a_look_shows_what_the_endpoints_serve_now": ("look",),
    },
    "test_server_commands": {
        "test_verify_shows_what_is_served": ("server-verify",),
        "test_facts_are_changed_and_the_promise_is_opened": ("server-edit",),
        "test_a_change_is_confirmed_with_a_reason": ("server-confirm",),
        "test_a_server_is_retired_by_its_whole_name": ("server-retire",),
    },
    "test_deploying": {"test_what_failed_and_waits_is_tried_now": ("server-deploy",)},
    "test_table_commands": {
        "test_notices_that_failed_are_tried_again": ("notice-retry",),
        "test_a_test_notice_tells_what_the_other_side_answers": ("notice-test",),
        "test_a_campaign_is_given_up_by_its_whole_name": ("campaign-close",),
        "test_the_whole_journal_is_proved": ("journal-verify",),
        "test_the_crl_is_published_from_the_list": ("crl-publish",),
        "test_the_root_is_exported_as_text_and_as_a_file": ("ca-export",),
        "test_the_home_is_examined_line_by_line": ("doctor-again",),
        "test_the_check_runs_as_the_machine": ("check",),
    },
    "test_revocations": {
        "test_a_request_is_acknowledged_once": ("acknowledge-request",),
        "test_a_request_is_verified_carried_out_and_published": ("verify-request",),
        "test_a_request_is_rejected_and_withdrawn_with_a_reason": ("reject-request", "withdraw-request"),
        "test_the_incident_of_a_leaked_key_is_reported": ("incident-request",),
    },
    "test_every_command": {
        "test_on_the_page_of_a_certificate_it_is_done_as_in_the_list": ("accept-this", "export-this"),
        "test_an_objection_from_the_page": ("object-this",),
        "test_a_hold_from_the_page_and_its_release": ("hold-this", "release-this"),
        "test_holds_are_released_from_list_and_queue": ("release", "release-request"),
        "test_a_request_is_decided_on_its_page": (
            *("acknowledge-request-this", "reject-request-this", "withdraw-request-this", "verify-request-this"),
            "open-certificate",
        ),
        "test_an_incident_and_a_release_from_the_page_of_a_request": ("incident-request-this", "release-request-this"),
        "test_messages_are_shown": ("messages",),
        "test_every_place_is_gone_to": (
            *("go", "go-dashboard", "go-certificates", "go-applications", "go-revocations", "go-servers"),
            *("go-notices", "go-campaigns", "go-journal", "go-authorities", "go-doctor"),
        ),
        "test_the_blocks_of_the_dashboard": ("next-block", "previous-block", "block-left", "block-right"),
        "test_every_theme_is_put_on": ("theme-dark", "theme-light", "theme-colour-blind"),
    },
    "test_mouse": {"test_a_mouse_that_is_left_to_the_terminal_does_nothing": ("mouse",)},
    "test_pty": {
        "test_it_starts_and_q_leaves_the_terminal_as_it_was": ("quit",),
        "test_fg_paints_everything_again": ("suspend",),
    },
}
ON_A_TERMINAL = frozenset({"test_pty"})
"""Where the interface is another process, which nobody looks into."""
CARRIED_OUT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        command: (module, test)
        for module, tests in _BY_PLACE.items()
        for test, commands in tests.items()
        for command in commands
    }
)
"""By the name of a command, the module and the test."""
