from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"
    verbose_name = "Diagnostics"

    def ready(self) -> None:
        from ctg import frame

        frame.register_entry(
            frame.Entry(30, "Diagnostic", "diagnostics:diagnostic", "bar-chart", covers=("diagnostics:",))
        )
