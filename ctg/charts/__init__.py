"""Charts drawn on the server as SVG, the same call in a page and in a PDF.

Nothing is said by colour alone: each kind has its hatching or shape, and its word and number stand beside.
Every chart carries the table of its values; `templates/components/chart.html` shows both:

    chart = stacked_bar("Avancement", [Segment("réalisée", 2, "faite"), Segment("en cours", 3, "cours")])
    {% include "components/chart.html" with chart=chart only %}
"""

from ctg.charts.counts import dots, progress_bar, stacked_bar
from ctg.charts.model import NOT_APPLICABLE, NOT_COLLECTED, SECRET, Chart, Point, Segment, Target
from ctg.charts.periods import bars_with_target, column

__all__ = [
    "NOT_APPLICABLE",
    "NOT_COLLECTED",
    "SECRET",
    "Chart",
    "Point",
    "Segment",
    "Target",
    "bars_with_target",
    "column",
    "dots",
    "progress_bar",
    "stacked_bar",
]
