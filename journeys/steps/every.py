"""Every kind of step, in the order in which the palette offers them. A new kind is a file and a line here."""

from journeys.steps import (  # noqa: F401, I001
    send_email,
    send_sms,
    wait_for,
    wait_until,
    wait_for_date,
    wait_for_interaction,
    branch,
    random_split,
    ab_test,
    assign_lead,
    create_opportunity,
    create_activity,
    notify_team,
    update_field,
    change_tags,
    change_list,
    webhook,
    go_to,
    go_to_journey,
    end,
)
