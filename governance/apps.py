from django.apps import AppConfig

# Every page about committees, their meetings and what these decide keeps « Instances » current.
STEERING_PAGES = tuple(
    f"governance:{name}"
    for name in (
        *("committee", "seat", "post", "weather"),
        *("meeting", "minutes", "item", "option", "subject", "decision", "effect"),
        *("document", "person", "attendance", "live", "pack", "convocation"),
    )
)


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Gouvernance"

    def ready(self) -> None:
        from actions import feeds
        from actions.access import STEER
        from ctg import access as kernel
        from ctg import frame
        from ctg.mail.services import register_writer
        from ctg.notices.services import register_teller
        from ctg.panels import register_panel
        from ctg.todo import register_moves
        from governance import access, cadence, moves, notices, notifications, panels
        from governance.notifications import digest, newsletter, subscriptions

        kernel.register_grant("actions.Convention", access.conventions_granted)
        kernel.register_grant("territories.Contact", access.contacts_granted)
        for source in cadence.SOURCES:
            feeds.register_source(source)
        for moving in moves.SOURCES:
            register_moves(moving)
        register_panel("actions.FicheAction", panels.decisions_of_fiche)
        register_panel("actions.Convention", panels.public_page_of)
        register_teller(notices.DECISION, notices.decisions)
        for kind in notifications.Kind:
            register_writer(kind, notifications.write)
        register_writer(subscriptions.SUBSCRIPTION_LETTER, subscriptions.write_subscription)
        register_writer(digest.DIGEST, digest.write_digest, kept_for=digest.KEPT)
        register_writer(subscriptions.EXPIRING_LETTER, subscriptions.write_expiring)
        register_writer(newsletter.NEWSLETTER, newsletter.write_newsletter)
        register_writer(newsletter.NEWSLETTER_TEST, newsletter.write_test)
        frame.register_entry(
            frame.Entry(
                10,
                "Tableau de bord",
                "governance:dashboard",
                "house",
                covers=("governance:dashboard", "actions:highlight"),
            )
        )
        frame.register_entry(
            frame.Entry(60, "Instances", "governance:committee_list", "people", covers=STEERING_PAGES)
        )
        frame.register_entry(
            frame.Entry(
                80,
                "Newsletter",
                "governance:newsletter_list",
                "envelope-paper",
                covers=("governance:subscriber", "governance:newsletter", "governance:public_page"),
                needs=STEER,
            )
        )
        frame.register_entry(frame.Entry(70, "Bilans", "governance:bilan_list", "file-earmark-check"))
