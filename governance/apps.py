from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Gouvernance"

    def ready(self) -> None:
        from ctg import frame
        from ctg.todo import register_moves
        from governance import moves

        register_moves(moves.contributions)
        frame.register_entry(
            frame.Entry(
                10,
                "Tableau de bord",
                "governance:dashboard",
                "house",
                covers=("governance:dashboard", "actions:highlight"),
            )
        )
        frame.register_entry(frame.Entry(70, "Bilans", "governance:bilan_list", "file-earmark-check"))
