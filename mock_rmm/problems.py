"""What is wrong with what was given: a sentence for each field or part, by its name."""

Problems = dict[str, str]
