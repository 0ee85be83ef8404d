"""Rules of the steering that more than one page reads: pure, without a query."""
