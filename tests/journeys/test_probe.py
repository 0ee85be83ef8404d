import pytest, time
from tests.journeys.test_every_page import follow
pytestmark = pytest.mark.journey

def test_probe(someone, caplog):
    who = someone("coordination.sundgau@example.org")
    t=time.time()
    import time as T
    v0=who.visit
    def v(p):
        a=T.time(); r=v0(p); print(round(T.time()-a,2), p); return r
    who.visit=v
    names = follow(who, ["/"], 200)
    print(len(names), names, time.time()-t)
