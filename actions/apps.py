from django.apps import AppConfig

# Every page of the plan and of its fiches keeps « Plan d’actions » current in the navigation.
PLAN_PAGES = tuple(
    f"actions:{name}"
    for name in ("plan", "fiche", "axe", "orientation", "level", "part", "value", "step", "evaluation")
)


class ActionsConfig(AppConfig):
    name = "actions"
    verbose_name = "Actions"

    def ready(self) -> None:
        from actions import access, panels
        from ctg import access as kernel
        from ctg import frame
        from ctg.panels import register_panel

        kernel.register_space(access.find_convention)
        kernel.register_grant("diagnostics.Diagnostic", access.diagnostics_granted)
        kernel.register_grant("territories.Contact", access.contacts_granted)
        kernel.register_grant("territories.Membership", access.memberships_granted)
        register_panel("territories.Epci", panels.conventions_of_epci)
        register_panel("territories.Commune", panels.conventions_of_commune)
        frame.register_switcher(access.my_conventions)
        frame.register_entry(
            frame.Entry(40, "Plan d’actions", "actions:plan", "journal-text", covers=PLAN_PAGES)
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
