"""What the database refuses once a year is closed: any change of the accepted values whose period ends in it.

The trigger holds the convention while it looks, as `actions.services.closing` does to close: a value written at the
same time is either in before, or refused. Its error has a state of its own, by which `changing` knows it.
"""

import pgtrigger

SQLSTATE = "CTG01"  # as in FUNC

# What a value refers to may go (its author, its evidence, its link): the value itself stays as it was.
FUNC = """
IF TG_OP = 'UPDATE' AND jsonb_strip_nulls(to_jsonb(NEW)) <@ to_jsonb(OLD)
    AND to_jsonb(NEW) - ARRAY['author_id', 'via_id', 'evidence_id']
        = to_jsonb(OLD) - ARRAY['author_id', 'via_id', 'evidence_id']
THEN
    RETURN NEW;
END IF;
PERFORM 1 FROM actions_convention convention
    JOIN actions_ficheaction fiche ON fiche.convention_id = convention.id
    JOIN actions_indicator indicator ON indicator.fiche_id = fiche.id
    WHERE indicator.id IN (OLD.indicator_id, NEW.indicator_id)
    FOR KEY SHARE OF convention;
SELECT closed.year INTO closed_year FROM actions_closedyear closed
    JOIN actions_ficheaction fiche ON fiche.convention_id = closed.convention_id
    JOIN actions_indicator indicator ON indicator.fiche_id = fiche.id
    WHERE indicator.id IN (OLD.indicator_id, NEW.indicator_id)
        AND ((OLD.status = 'accepted' AND indicator.id = OLD.indicator_id
                AND closed.year = extract(year FROM OLD.period_end))
            OR (NEW.status = 'accepted' AND indicator.id = NEW.indicator_id
                AND closed.year = extract(year FROM NEW.period_end)))
    LIMIT 1;
IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'CTG01',
        MESSAGE = concat('L’année ', closed_year, ' est close : ses valeurs ne changent plus.');
END IF;
IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
RETURN NEW;
"""

YEARS_STAY_CLOSED = pgtrigger.Trigger(
    name="closed_year",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=[("closed_year", "integer")],
    func=FUNC,
)
