from django.apps import AppConfig


def pages(*names: str) -> tuple[str, ...]:
    """The views of this app, or beginnings of their names, on which an entry of the navigation is the current one."""
    return tuple(f"actions:{name}" for name in names)


# Every page of the plan and of its fiches.
PLAN_PAGES = pages(
    *("plan", "fiche", "axe", "orientation", "level", "part", "value", "step", "evaluation"),
    *("operation", "workbook"),
)
INDICATOR_PAGES = pages("indicator_")
CONTRIBUTION_PAGES = pages("contribution", "link")
FUNDING_PAGES = pages("funding", "budget")
SETTINGS_PAGES = pages("settings", "member", "signatory", "act_", "phase", "avenant")


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
        for rank, label, view, icon, covers, needs in (
            (20, "À faire", "todo", "list-check", (), access.REPORT),
            (40, "Plan d’actions", "plan", "journal-text", PLAN_PAGES, None),
            (42, "Indicateurs", "indicator_list", "graph-up", INDICATOR_PAGES, None),
            (45, "Contributions", "contribution_list", "inbox", CONTRIBUTION_PAGES, access.EDIT),
            (50, "Financements", "funding_list", "cash-coin", FUNDING_PAGES, None),
            (90, "Annuaire", "directory", "person-rolodex", (), None),
            # Whoever steers manages members too.
            (100, "Paramètres", "settings", "gear", SETTINGS_PAGES, access.MEMBERS),
        ):
            frame.register_entry(frame.Entry(rank, label, f"actions:{view}", icon, covers, needs))
