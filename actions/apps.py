from django.apps import AppConfig

# Every page of the plan and of its fiches keeps « Plan d’actions » current in the navigation.
PLAN_PAGES = tuple(
    f"actions:{name}"
    for name in (
        *("plan", "fiche", "axe", "orientation", "level", "part", "value", "step", "evaluation"),
        "operation",
        "workbook",
    )
)


class ActionsConfig(AppConfig):
    name = "actions"
    verbose_name = "Actions"

    def ready(self) -> None:
        from actions import access, feeds, moves, notices, panels
        from actions.services import workbook  # noqa: F401 - its jobs are known by being imported
        from ctg import access as kernel
        from ctg.notices.services import register_teller
        from ctg.panels import register_panel
        from ctg.todo import register_moves

        kernel.register_space(access.find_convention)
        kernel.register_grant("diagnostics.Diagnostic", access.diagnostics_granted)
        kernel.register_grant("territories.Contact", access.contacts_granted)
        kernel.register_grant("territories.Membership", access.memberships_granted)
        register_panel("territories.Epci", panels.conventions_of_epci)
        register_panel("territories.Commune", panels.conventions_of_commune)
        feeds.register_source(feeds.HIGHLIGHTS)
        register_moves(moves.of_plan)
        register_teller(notices.MENTION, notices.mentions)
        register_teller(notices.CONTRIBUTION, notices.contributions)
        register_teller(notices.PILOT, notices.pilots)
        self.furnish_frame()

    @staticmethod
    def furnish_frame() -> None:
        """What the pages of a convention have around them: switcher, search, entries of the navigation."""
        from actions import access
        from ctg import frame

        frame.register_switcher(access.my_conventions)
        frame.register_search("Chercher une fiche, un partenaire…", "actions:plan", "actions:search")
        frame.register_entry(frame.Entry(20, "À faire", "actions:todo", "list-check", needs=access.REPORT))
        frame.register_entry(
            frame.Entry(40, "Plan d’actions", "actions:plan", "journal-text", covers=PLAN_PAGES)
        )
        frame.register_entry(
            frame.Entry(
                42, "Indicateurs", "actions:indicator_list", "graph-up", covers=("actions:indicator_",)
            )
        )
        frame.register_entry(
            frame.Entry(
                45,
                "Contributions",
                "actions:contribution_list",
                "inbox",
                covers=("actions:contribution", "actions:link"),
                needs=access.EDIT,
            )
        )
        frame.register_entry(
            frame.Entry(
                50,
                "Financements",
                "actions:funding_list",
                "cash-coin",
                covers=("actions:funding", "actions:budget"),
            )
        )
        frame.register_entry(frame.Entry(90, "Annuaire", "actions:directory", "person-rolodex"))
        frame.register_entry(
            frame.Entry(
                100,
                "Paramètres",
                "actions:settings",
                "gear",
                covers=(
                    "actions:settings",
                    "actions:member",
                    "actions:signatory",
                    "actions:act_",
                    "actions:phase",
                    "actions:avenant",
                ),
                needs=access.MEMBERS,  # whoever steers manages members too
            )
        )
