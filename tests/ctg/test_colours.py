import pytest
from django.core.exceptions import ValidationError

from ctg.colours import contrast, validate_colour


def test_contrast_goes_from_1_to_21():
    assert round(contrast("#000000", "#ffffff"), 1) == 21
    assert contrast("#ffffff", "#ffffff") == 1


@pytest.mark.parametrize("colour", ["#0f4c4a", "#b4481c", "#767676"])
def test_a_dark_colour_is_accepted(colour):
    validate_colour(colour)
    assert contrast(colour) >= 4.5


@pytest.mark.parametrize("colour", ["#777777", "#ffff00", "0f4c4a", "#0f4", "red", "#0f4c4a;}", ""])
def test_a_light_or_odd_colour_is_refused(colour):
    with pytest.raises(ValidationError):
        validate_colour(colour)
