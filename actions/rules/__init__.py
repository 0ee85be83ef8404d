"""The number rules, written once: pure functions of plain values, without a model or a query.

    periods     calendar time, the periods of a frequency, their names in French
    values      reading a measurement: what is usable, how several make one
    ratios      a value against what is expected
    attainment  where an indicator stands against its target
    progress    how far a fiche is, the counts of a plan, what contradicts itself
    targets     a target in words
    words       numbers spelled out, plurals

`actions.figures` feeds them with the models. Fractions inside, so that 0.85 is 0.85; Decimal outside.
"""
