import pytest, time
from tests.journeys.test_every_page import follow
pytestmark = pytest.mark.journey

def test_probe(someone, caplog):
    who = someone("coordination.sundgau@example.org")
    t=time.time()
    names = follow(who, ["/"], 200)
    print(len(names), names, time.time()-t)
